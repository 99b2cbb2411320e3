const dark = `
  --bailee-ink: #ece6da;
  --bailee-soft: #b0aa9d;
  --bailee-paper: #191e27;
  --bailee-sunk: #222834;
  --bailee-rule: #38404d;
  --bailee-edge: #8a93a3;
  --bailee-on: #86c79d;
  --bailee-warn: #e3b664;
  --bailee-focus: #8fbcff;
  color-scheme: dark;
`

/**
 * Letters come from the page around it. Colours are set here, and what the page says wins: `bailee-consent { --bailee-ink: … }`.
 * A constructed style sheet is not an inline style, so the strictest policy of the page lets it through.
 */
export const look = `
:host {
  --bailee-ink: #1d1b18;
  --bailee-soft: #5a554c;
  --bailee-paper: #fffdf8;
  --bailee-sunk: #f4efe5;
  --bailee-rule: #ddd5c6;
  --bailee-edge: #8a8273;
  --bailee-on: #23623f;
  --bailee-warn: #7a4b00;
  --bailee-focus: #1652a8;
  color-scheme: light;
  display: block;
  max-width: 44rem;
  color: var(--bailee-ink);
  line-height: 1.6;
  text-align: start;
}
:host([hidden]) { display: none }
@media (prefers-color-scheme: dark) {
  :host(:not([colours="light"])) { ${dark} }
}
:host([colours="dark"]) { ${dark} }
* { box-sizing: border-box }
h2, h3, h4, p, ul, dl, dd { margin: 0; padding: 0 }
ul { list-style: none }
h2 { font-size: 1.3125em; line-height: 1.3; text-wrap: balance }
h3 { font-size: 1.0625em; line-height: 1.35 }
h4 { font-size: 1em; line-height: 1.4 }
.card {
  display: grid;
  gap: 1.5rem;
  grid-template-columns: minmax(0, 1fr);
  padding: clamp(1rem, 4vw, 1.75rem);
  background: var(--bailee-paper);
  border: 1px solid var(--bailee-rule);
  border-radius: 4px;
}
.top { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1rem; align-items: start }
.top > div { flex: 1 1 14rem }
.part { display: grid; gap: .75rem; grid-template-columns: minmax(0, 1fr) }
.soft { color: var(--bailee-soft); font-size: .875em }
.item { border: 1px solid var(--bailee-rule); border-radius: 4px; overflow: hidden }
.item > h4, .item > dl { padding-inline: .875rem }
.item > h4 { padding-top: .75rem }
.item > dl { padding-block: .25rem .75rem }
dl > div { display: grid; gap: 0 1rem; padding-block: .125rem }
dt { color: var(--bailee-soft); font-size: .875em }
dd { overflow-wrap: anywhere }
@media (min-width: 34rem) {
  dl > div { grid-template-columns: 9.5rem minmax(0, 1fr); align-items: baseline }
}
.mark {
  margin-inline-start: .375rem;
  padding: 0 .375rem;
  border: 1px solid currentcolor;
  border-radius: 3px;
  color: var(--bailee-warn);
  font-size: .8125em;
  white-space: nowrap;
}
.switch {
  display: grid;
  grid-template-columns: minmax(0, 1fr) auto;
  gap: .25rem .875rem;
  align-items: center;
  min-height: 3rem;
  padding: .625rem .875rem;
  background: var(--bailee-sunk);
  cursor: pointer;
  font-weight: 600;
}
.switch input {
  appearance: none;
  position: relative;
  width: 3.25rem;
  height: 1.75rem;
  margin: 0;
  border: 2px solid var(--bailee-edge);
  border-radius: 1rem;
  background: var(--bailee-paper);
  cursor: inherit;
}
.switch input::before {
  content: "";
  position: absolute;
  inset-block: 3px;
  inset-inline-start: 3px;
  width: 1.125rem;
  border-radius: 50%;
  background: var(--bailee-edge);
}
.switch input:checked { border-color: var(--bailee-on); background: var(--bailee-on) }
.switch input:checked::before { inset-inline-start: calc(100% - 1.125rem - 3px); background: var(--bailee-paper) }
.switch .state { grid-column: 1 / -1; font-weight: 400; font-size: .875em; color: var(--bailee-warn) }
.switch .state:empty { display: none }
.age { border: 0; margin: 0; padding: 0; min-width: 0 }
.age legend { padding: 0; font-weight: 600 }
.ages { display: flex; flex-wrap: wrap; gap: 0 1.5rem }
.ages label { display: flex; align-items: center; gap: .5rem; min-height: 2.75rem; cursor: pointer }
.ages input { width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--bailee-on) }
.age .state { color: var(--bailee-warn) }
.age .state:empty { display: none }
.answers { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr)) }
button {
  min-height: 3rem;
  padding: .5rem 1rem;
  border: 2px solid var(--bailee-edge);
  border-radius: 4px;
  background: var(--bailee-paper);
  color: var(--bailee-ink);
  font: inherit;
  font-weight: 600;
  line-height: 1.3;
  cursor: pointer;
}
button:hover { border-color: var(--bailee-ink) }
button.quiet { min-height: 2.75rem; border-color: transparent; font-weight: 400; text-decoration: underline; text-underline-offset: .2em }
:focus-visible { outline: 3px solid var(--bailee-focus); outline-offset: 2px }
[tabindex="-1"]:focus { outline: none }
.said { padding: .75rem .875rem; border-inline-start: 4px solid var(--bailee-edge); background: var(--bailee-sunk) }
.said:empty { display: none }
.said ul { padding-top: .25rem }
.said li::before { content: "– "; color: var(--bailee-soft) }
@media (prefers-reduced-motion: no-preference) {
  .switch input, .switch input::before, button { transition: .12s }
}
@media (forced-colors: active) {
  .switch input::before { background: ButtonText }
  .switch input:checked { background: Highlight; forced-color-adjust: none; border-color: Highlight }
  .switch input:checked::before { background: HighlightText }
}
`
