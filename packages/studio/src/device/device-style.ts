// What the device page adds to the look of the pages of a run.

/** A style sheet. */
export const DEVICE_STYLE = `
body { max-width: 46rem; min-height: 100dvh; display: flex; flex-direction: column; }
main { flex: 1; }
header { display: flex; justify-content: space-between; align-items: center; gap: 1rem; }
header button { background: none; border: 0; padding: 0.6rem 0; color: var(--accent); font: inherit; font-size: 0.9rem; cursor: pointer; }
h1 { display: flex; align-items: center; gap: 0.7rem; margin-top: 1.2rem; }
.dot { flex: none; width: 0.42em; height: 0.42em; border-radius: 50%; background: var(--faint); }
.dot.waiting, .dot.ended { background: var(--accent); }
.dot.fetching, .dot.measuring, .dot.joining { background: var(--accent); animation: pulse 1.4s ease-in-out infinite; }
.dot.refused, .dot.lost { background: var(--refused); }
@keyframes pulse { 50% { opacity: 0.25; transform: scale(0.8); } }
@media (prefers-reduced-motion: reduce) { .dot { animation: none !important; } }
.tiles { grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); }
.tile strong { font-size: 1.15rem; overflow-wrap: anywhere; }
section { margin-top: 2rem; padding-top: 1.2rem; }
.work .bar { height: 8px; border-radius: 4px; margin: 1rem 0 0.4rem; }
.work .bar > span { transition: width 0.3s linear; }
.work td:last-child { color: var(--soft); text-align: right; }
form { display: flex; flex-wrap: wrap; gap: 0.6rem; margin: 1.4rem 0; }
form input { flex: 1 1 14rem; min-width: 0; padding: 0.7rem 0.9rem; border: 1px solid var(--line); border-radius: 8px; background: var(--card); color: var(--ink); font: 1.05rem ui-monospace, SFMono-Regular, Menlo, monospace; }
.action { padding: 0.7rem 1.3rem; border: 0; border-radius: 8px; background: var(--accent); color: var(--paper); font: inherit; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 40rem) { .tiles { grid-template-columns: 1fr 1fr; } .tile strong { font-size: 1.1rem; } }
`;
