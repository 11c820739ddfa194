// The page of a device: what it is, how it stands, what it measures and what came of it.
import type { HostFacts } from '@espalier/core';
import type { JSX, TargetedEvent } from 'preact';
import type { PageState } from './page-state.ts';
import { type Language, WORDS, type Words } from './words.ts';

/** What the page is drawn from. */
export interface DevicePageProps {
  readonly language: Language;
  readonly state: PageState;
  /** Absent until the browser has said what it is. */
  readonly facts: HostFacts | undefined;
  readonly awake: boolean;
  readonly onLanguage: () => void;
  /** A pairing code was typed. */
  readonly onCode: (code: string) => void;
  readonly onAgain: () => void;
}

/** The whole page. */
export function DevicePage(props: DevicePageProps): JSX.Element {
  const { language, state, facts, awake, onLanguage, onCode, onAgain } = props;
  const words = WORDS[language];
  const { phase, failure, results } = state;
  return (
    <>
      <header>
        <span class="kicker">{words.kicker}</span>
        <button type="button" lang={language === 'en' ? 'ja' : 'en'} onClick={onLanguage}>
          {words.other}
        </button>
      </header>
      <main>
        <h1 aria-live="polite">
          <span class={`dot ${phase}`} aria-hidden="true" />
          {words.headline[phase]}
        </h1>
        <p class="lead">{words.lead[phase]}</p>
        {(phase === 'unpaired' || phase === 'refused') && <CodeForm words={words} onCode={onCode} />}
        {phase === 'ended' && (
          <p>
            <button type="button" class="action" onClick={onAgain}>
              {words.again}
            </button>
          </p>
        )}
        {facts && <FactTiles facts={facts} words={words} />}
        {facts?.maxThreads === 1 && (facts.cores ?? 1) > 1 && <p class="remark">{words.notIsolated}</p>}
        {failure !== undefined && (
          <p class="remark">
            <b>{words.failed}</b>: {failure}
          </p>
        )}
        {state.models.length > 0 && <WorkSection state={state} words={words} />}
        {results.length > 0 && <ResultsSection results={results} words={words} />}
      </main>
      <footer>{awake && words.awake}</footer>
    </>
  );
}

interface Worded {
  readonly words: Words;
}

function FactTiles({ facts, words }: Worded & { readonly facts: HostFacts }): JSX.Element {
  const { browser = '', os, cores, defaultThreads = 1, maxThreads = 1, adapter, runtime } = facts;
  const threads = maxThreads === 1 && (cores ?? 1) > 1 ? words.noThreads : words.cores(cores ?? 1);
  return (
    <div class="tiles">
      <Tile name={words.browser} value={browser} detail={runtime} />
      <Tile name={words.system} value={os} detail={facts.processor} />
      <Tile name={words.threads} value={String(defaultThreads)} detail={threads} />
      <Tile
        name={words.graphics}
        value={adapter === undefined ? words.noGraphics : words.withGraphics}
        detail={adapter ?? ''}
      />
    </div>
  );
}

function Tile({ name, value, detail }: Readonly<Record<'name' | 'value' | 'detail', string>>): JSX.Element {
  return (
    <div class="tile">
      <span class="tile-name">{name}</span>
      <strong>{value}</strong>
      <span class="tile-detail">{detail}</span>
    </div>
  );
}

function WorkSection({ state, words }: Worded & { readonly state: PageState }): JSX.Element {
  const { models, how, fraction } = state;
  const percent = Math.floor(100 * fraction);
  const place = how && [
    how.provider,
    ...(how.threads === undefined ? [] : [`${words.threads} ${how.threads}`]),
  ];
  return (
    <section class="work">
      <h2>{words.work}</h2>
      <p class="note">{place?.join(' · ')}</p>
      <div class="bar" role="progressbar" aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100}>
        <span style={`width: ${percent}%`} />
      </div>
      <table>
        <tbody>
          {models.map((model, i) => (
            // Two models may have one name.
            <tr key={String(i)}>
              <td class="name">{model.name}</td>
              <td class="number">{(model.bytes / 1e6).toFixed(1)} MB</td>
              <td>{words.modelState[model.state]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function ResultsSection({ results, words }: Worded & Pick<PageState, 'results'>): JSX.Element {
  return (
    <section>
      <h2>{words.results}</h2>
      <div class="table">
        <table>
          <thead>
            <tr>
              <th>{words.model}</th>
              <th class="number">{words.median}</th>
              <th class="number">p90</th>
              <th class="number">{words.speedup}</th>
            </tr>
          </thead>
          <tbody>
            {results.map(({ name, medianMs, p90Ms, speedup }, i) => (
              <tr key={String(i)}>
                <td class="name">{name}</td>
                <td class="number">{medianMs.value.toFixed(2)} ms</td>
                <td class="number">{p90Ms.toFixed(2)} ms</td>
                <td class="number">{speedup.value.toFixed(2)}×</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="note">{words.resultsNote}</p>
    </section>
  );
}

function CodeForm({ words, onCode }: Worded & Pick<DevicePageProps, 'onCode'>): JSX.Element {
  const submit = (event: TargetedEvent<HTMLFormElement, SubmitEvent>): void => {
    event.preventDefault();
    onCode(String(new FormData(event.currentTarget).get('code') ?? '').trim());
  };
  return (
    <form onSubmit={submit}>
      <input
        name="code"
        aria-label={words.code}
        placeholder="k7qf-2m9x-4tzd"
        autocomplete="off"
        autocapitalize="none"
        required
      />
      <button type="submit" class="action">
        {words.pair}
      </button>
    </form>
  );
}
