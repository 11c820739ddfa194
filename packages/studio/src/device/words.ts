// Every word of the device page, in English and Japanese.
import type { ModelProgress, PageState } from './page-state.ts';

/** A language of the page. */
export type Language = 'en' | 'ja';

/** The words of one language. */
export interface Words {
  /** The other language, in its own words. */
  readonly other: string;
  readonly kicker: string;
  readonly headline: Readonly<Record<PageState['phase'], string>>;
  readonly lead: Readonly<Record<PageState['phase'], string>>;
  readonly browser: string;
  readonly system: string;
  readonly threads: string;
  readonly graphics: string;
  readonly cores: (count: number) => string;
  readonly noThreads: string;
  readonly noGraphics: string;
  readonly withGraphics: string;
  readonly notIsolated: string;
  readonly work: string;
  readonly modelState: Readonly<Record<ModelProgress['state'], string>>;
  readonly results: string;
  readonly resultsNote: string;
  readonly model: string;
  readonly median: string;
  readonly speedup: string;
  readonly failed: string;
  readonly code: string;
  readonly pair: string;
  readonly again: string;
  readonly awake: string;
}

/** The words. */
export const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    other: '日本語',
    kicker: 'espalier · device',
    headline: {
      unpaired: 'Pair this device',
      joining: 'Joining …',
      waiting: 'Ready to measure',
      fetching: 'Fetching models …',
      measuring: 'Measuring …',
      lost: 'Connection lost',
      away: 'Paused',
      refused: 'This pairing is over',
      ended: 'All done',
    },
    lead: {
      unpaired: 'Type the code that the terminal shows at the end of the address, behind #.',
      joining: 'Asking the terminal for work.',
      waiting: 'This device is paired. Work arrives by itself; leave this page open and in front.',
      fetching: 'The models come straight from the machine that runs espalier, and stay on this page.',
      measuring:
        'Leave this page in front and do nothing else on this device: everything that runs slows the models down.',
      lost: 'Trying again every two seconds. Nothing is lost: what was under way is measured again.',
      away: 'Measuring goes on when this page is in front again.',
      refused:
        'The code is wrong, or belongs to an earlier start. Scan the code that the terminal shows now, or type it here.',
      ended: 'The terminal has every time it asked for. You can close this page.',
    },
    browser: 'Browser',
    system: 'System',
    threads: 'Threads',
    graphics: 'WebGPU',
    cores: (count) => `of ${count} cores`,
    noThreads: 'memory is not shared',
    noGraphics: 'not here',
    withGraphics: 'ready',
    notIsolated:
      'This page was not loaded over https, so the browser gives it one thread and no WebGPU. Times are right, but those of one thread. Serve it with --https to get all of it.',
    work: 'What is measured',
    modelState: { waiting: 'waiting', fetched: 'fetched', loaded: 'running' },
    results: 'Last times',
    resultsNote: 'The report with its intervals is in the terminal.',
    model: 'model',
    median: 'median',
    speedup: 'speed-up',
    failed: 'The last measurement failed',
    code: 'Pairing code',
    pair: 'Pair',
    again: 'Join again',
    awake: 'The screen is kept on.',
  },
  ja: {
    other: 'English',
    kicker: 'espalier · 計測端末',
    headline: {
      unpaired: 'この端末をペアリング',
      joining: '接続しています…',
      waiting: '計測の準備ができました',
      fetching: 'モデルを取得しています…',
      measuring: '計測しています…',
      lost: '接続が切れました',
      away: '一時停止中',
      refused: 'このペアリングは無効です',
      ended: '完了しました',
    },
    lead: {
      unpaired: 'ターミナルに表示されたアドレスの # の後ろにあるコードを入力してください。',
      joining: 'ターミナルに問い合わせています。',
      waiting:
        'ペアリング済みです。計測は自動で始まります。このページを開いたまま、手前に表示しておいてください。',
      fetching: 'モデルは espalier を実行しているマシンから直接届き、このページの外には出ません。',
      measuring:
        'このページを手前に表示したまま、ほかの操作をしないでください。ほかの処理が動くと計測値が遅くなります。',
      lost: '2 秒ごとに再接続を試みています。途中の計測は最初からやり直します。',
      away: 'このページが手前に戻ると計測を再開します。',
      refused:
        'コードが間違っているか、以前の起動のものです。ターミナルに今表示されているコードを読み取るか、ここに入力してください。',
      ended: '必要な計測はすべて終わりました。このページは閉じてかまいません。',
    },
    browser: 'ブラウザー',
    system: 'システム',
    threads: 'スレッド',
    graphics: 'WebGPU',
    cores: (count) => `${count} コア中`,
    noThreads: 'メモリー共有なし',
    noGraphics: '利用不可',
    withGraphics: '利用可能',
    notIsolated:
      'このページは https で読み込まれていないため、1 スレッドのみで WebGPU は使えません。計測値は正しいですが 1 スレッドのものです。--https を指定して配信するとすべて使えます。',
    work: '計測中のモデル',
    modelState: { waiting: '待機中', fetched: '取得済み', loaded: '実行中' },
    results: '直近の計測値',
    resultsNote: '信頼区間を含むレポートはターミナルに表示されます。',
    model: 'モデル',
    median: '中央値',
    speedup: '高速化',
    failed: '直前の計測は失敗しました',
    code: 'ペアリングコード',
    pair: 'ペアリング',
    again: '再接続',
    awake: '画面は点灯したままになります。',
  },
};

/** The language that a browser asks for first, of those there are. */
export function chooseLanguage(asked: readonly string[]): Language {
  return asked.map((tag) => tag.slice(0, 2)).find((tag): tag is Language => tag in WORDS) ?? 'en';
}
