// The look of the page: light and dark, on a screen, on a phone and on paper. Plots take their colours from the same variables.

/** A style sheet. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fcfbf8; --card: #f3f1ea; --ink: #1d2620; --soft: #59645c; --faint: #8d968f; --line: #dedbd0;
  --accent: #2c7a4b; --tint: #cfe4d6; --refused: #b3502a; --warm: #f6e6dc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #141815; --card: #1d231f; --ink: #e7ece8; --soft: #a4afa7; --faint: #78837b; --line: #323a34;
    --accent: #63c08a; --tint: #24402f; --refused: #e58d63; --warm: #3a2a21;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
body {
  margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 72rem;
  background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  -webkit-text-size-adjust: 100%;
}
h1 { font-size: clamp(1.7rem, 4.2vw, 2.7rem); line-height: 1.15; letter-spacing: -0.02em; margin: 0.2rem 0 0.8rem; text-wrap: balance; }
h2 { font-size: 1.35rem; letter-spacing: -0.01em; margin: 0 0 0.3rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 0.4rem; }
section { margin-top: 3.2rem; padding-top: 1.6rem; border-top: 1px solid var(--line); }
p { margin: 0.4rem 0; }
.kicker { color: var(--soft); font-size: 0.9rem; }
.lead { color: var(--soft); max-width: 46rem; }
.note, figcaption { color: var(--soft); font-size: 0.85rem; }
.remark { background: var(--warm); border-left: 3px solid var(--refused); padding: 0.5rem 0.8rem; max-width: 46rem; }
.name, code, pre, dd { overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: 0.3rem 1.1rem; margin-top: 1.6rem; font-size: 0.9rem; }
a { color: var(--accent); }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 0.9rem; margin: 1.6rem 0; }
.tile { background: var(--card); border-radius: 10px; padding: 0.9rem 1rem; display: flex; flex-direction: column; }
.tile-name, .tile-detail { color: var(--soft); font-size: 0.85rem; }
.tile strong { font-size: 1.65rem; line-height: 1.3; font-weight: 650; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.bar { display: block; height: 5px; border-radius: 3px; background: var(--line); margin-top: 0.6rem; overflow: hidden; }
.bar > span { display: block; height: 100%; background: var(--accent); }
.bar.over > span { background: var(--refused); }

.table, .scroll { overflow-x: auto; margin: 1rem 0; }
.tall { max-height: 36rem; overflow-y: auto; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; font-size: 0.875rem; width: 100%; }
th { text-align: left; font-weight: 600; color: var(--soft); vertical-align: bottom; line-height: 1.3; }
th.number { white-space: normal; }
th span { white-space: nowrap; }
.tall th { position: sticky; top: 0; background: var(--paper); z-index: 1; }
th, td { padding: 0.38rem 0.9rem 0.38rem 0; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-right: 0.2rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.name { min-width: 9rem; max-width: 24rem; }
tr:target { background: var(--tint); }
td.drawn { min-width: 9rem; }
td.drawn svg { display: block; overflow: visible; }
.compare td:not(:first-child) { font-variant-numeric: tabular-nums; }
.compare td:first-child { font-weight: 600; }
.compare .number { white-space: normal; }
td:not(.number, .name, .drawn) { min-width: 5.5rem; }
.prose td:last-child { min-width: 13rem; }

.width { display: block; height: 14px; border: 1px solid var(--accent); border-radius: 3px; min-width: 4px; }
.width > span { display: block; height: 100%; background: var(--accent); border-radius: 1px; }
.width.frozen { border-color: var(--faint); }
.width.frozen > span { background: var(--faint); opacity: 0.6; }
.swing { display: flex; height: 12px; background: linear-gradient(var(--line), var(--line)) center / 1px 100% no-repeat; }
.swing > span { display: block; height: 100%; border-radius: 2px; }
.swing.loss > span { background: var(--refused); margin-right: 50%; margin-left: auto; }
.swing.gain > span { background: var(--accent); margin-left: 50%; }

figure { margin: 0; min-width: 0; }
figure svg { display: block; max-width: 100%; height: auto; --plot-background: var(--paper); overflow: visible; }
.narrow { display: none; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1.5rem; margin-top: 1rem; }
.multiples { display: grid; grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: 1.2rem 1rem; margin: 1.2rem 0; }
.multiples figcaption { display: flex; flex-direction: column; font-size: 0.8rem; line-height: 1.35; }
.multiples figure { display: flex; flex-direction: column; justify-content: space-between; }
.multiples b { color: var(--ink); font-weight: 600; overflow-wrap: anywhere; }
.keys { display: flex; flex-wrap: wrap; gap: 0.3rem 1.4rem; font-size: 0.85rem; color: var(--soft); }
.keys span { display: inline-flex; align-items: center; gap: 0.5rem; }
.key { display: inline-block; flex: none; width: 18px; height: 0; border-top: 2px solid var(--accent); }
.key.step { width: 9px; height: 9px; border: 0; border-radius: 50%; background: var(--accent); }
.key.refused { width: 10px; height: auto; border: 0; }
.key.refused::before { content: "×"; color: var(--refused); font: 700 1.1rem/1 system-ui; }
.key.original { border-top: 1.5px dotted var(--faint); }
.key.budget { border-top: 1.5px dashed var(--refused); }
.graph { display: block; }
.graph a:hover rect { stroke-width: 2; }

pre { background: var(--card); border-radius: 8px; padding: 0.8rem 1rem; margin: 0; white-space: pre-wrap; font-size: 0.85rem; }
pre span { display: inline-block; max-width: 100%; white-space: pre-wrap; margin-right: 0.1em; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr)); gap: 0.2rem 2rem; margin: 0.5rem 0; font-size: 0.9rem; }
dl > div { display: flex; gap: 0.8rem; border-bottom: 1px solid var(--line); padding: 0.3rem 0; }
dt { color: var(--soft); flex: 0 0 7.5rem; }
dd { margin: 0; }
dl > .long { grid-column: 1 / -1; }
details { margin-top: 1.2rem; }
summary { cursor: pointer; color: var(--accent); font-size: 0.9rem; }
footer { margin-top: 3.5rem; color: var(--soft); font-size: 0.85rem; }

@media (max-width: 40rem) {
  body { padding: 1.4rem 1rem 3rem; }
  .wide { display: none; }
  .narrow { display: block; }
  th, td { padding-right: 0.7rem; }
  .compare table { font-size: 0.8rem; }
  td.drawn { min-width: 6rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 0.6rem; }
  .tile { padding: 0.7rem 0.8rem; }
  .tile strong { font-size: 1.3rem; }
  .multiples { grid-template-columns: 1fr 1fr; }
}
@media print {
  :root { --paper: #fff; --card: #f4f4f2; --ink: #000; --soft: #444; --faint: #888; --line: #ccc; --accent: #20643b; --tint: #fff; --refused: #9c3f1b; --warm: #fff; }
  body { max-width: none; padding: 0; font-size: 11px; }
  nav, summary { display: none; }
  section { break-inside: auto; margin-top: 1.6rem; }
  h2, figure, tr, .tile { break-inside: avoid; }
  h2 { break-after: avoid; }
  .tall { max-height: none; overflow: visible; }
  .table, .scroll { overflow: visible; }
  .graph { max-width: 100%; height: auto; }
}
`;
