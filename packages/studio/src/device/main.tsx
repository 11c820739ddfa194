// Starts the device page: pairs it, becomes a host, and draws how it stands.
import type { HostFacts } from '@espalier/core';
import { PAGE_STYLE } from '@espalier/report/page-style';
import { signal } from '@preact/signals';
import { type JSX, render } from 'preact';
import { describeBrowser, isHandheld } from './describe-browser.ts';
import { DevicePage } from './device-page.tsx';
import { DEVICE_STYLE } from './device-style.ts';
import { keepAwake, liveHost } from './live-host.ts';
import { lookAround, nameRuntime } from './look-around.ts';
import { INITIAL_STATE, type PageState } from './page-state.ts';
import { recallToken } from './pairing-memory.ts';
import { chooseLanguage, type Language } from './words.ts';

const LANGUAGE = 'espalier.language';
const language = signal<Language>(
  chooseLanguage([localStorage.getItem(LANGUAGE) ?? '', ...navigator.languages]),
);
const state = signal<PageState>(INITIAL_STATE);
const facts = signal<HostFacts | undefined>(undefined);
const awake = signal(false);

function App(): JSX.Element {
  document.documentElement.lang = language.value;
  return (
    <DevicePage
      language={language.value}
      state={state.value}
      facts={facts.value}
      awake={awake.value}
      onLanguage={() => {
        language.value = language.value === 'en' ? 'ja' : 'en';
        localStorage.setItem(LANGUAGE, language.value);
      }}
      onCode={(code) => {
        location.hash = code;
        location.reload();
      }}
      onAgain={() => location.reload()}
    />
  );
}

const style = document.createElement('style');
style.textContent = PAGE_STYLE + DEVICE_STYLE;
document.head.append(style);
render(<App />, document.body);
// Another code was scanned into this tab.
addEventListener('hashchange', () => location.reload());

const view = await lookAround();
facts.value = describeBrowser(view, await nameRuntime());
const token = recallToken(location.hash, sessionStorage);
if (token === undefined) state.value = { ...INITIAL_STATE, phase: 'unpaired' };
else {
  await keepAwake((kept) => {
    awake.value = kept;
  });
  await liveHost({
    token,
    facts: facts.value,
    sleeps: isHandheld(view),
    update: (next) => {
      state.value = next;
    },
  });
}
