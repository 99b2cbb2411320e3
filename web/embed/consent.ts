import type { notices } from '@bailee/contract'
import { look } from './look.ts'
import {
  type AgeBand,
  ageBands,
  type Choice,
  categoriesFor,
  choiceOf,
  needsGuardian,
  type Purpose,
  purposeKey,
  type Questions,
  questionsOf,
  recipientKey,
} from './questions.ts'
import { type Language, type Words, words } from './words.ts'

/**
 * `<bailee-consent server notice language>`: shows one exact notice in plain words, with a switch for each thing that may be
 * agreed to, none of them on. Agreeing and refusing are one press each, and look the same. It asks and tells the page what
 * was answered; recording the answer is for the provider’s own server, which holds the key.
 *
 * Events, both bubbling: `bailee-consent` and `bailee-refusal`, with an {@link Answer}. In a form the same answer is the
 * element’s value, as JSON. Decision article 2; Personal Information Protection Law articles 14 to 17, 23, 29.
 */
export interface Answer extends Choice {
  readonly decision: 'agreed' | 'refused'
  readonly snapshot: string
  readonly notice: string
  readonly version: number
  readonly language: Language
  /** Where the notice has rules for children. */
  readonly ageBand?: AgeBand
}
/** What is shown. Without a snapshot it is a preview, and answers go nowhere. */
export interface Offer {
  readonly notice: Pick<notices.Notice, 'content'> &
    Partial<Pick<notices.Notice, 'id' | 'version' | 'hash' | 'publishedAt'>>
  readonly snapshot?: string
  readonly expiresAt?: string
}

const sheet = new CSSStyleSheet()
sheet.replaceSync(look)

type Child = Node | string | undefined | false
function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  for (const child of children) if (child) element.append(child)
  return element
}
let made = 0

export class BaileeConsent extends HTMLElement {
  static readonly formAssociated = true
  static readonly observedAttributes = ['server', 'notice', 'language', 'purposes', 'required', 'age'] as const

  readonly #internals = this.attachInternals()
  readonly #root = this.attachShadow({ mode: 'open', delegatesFocus: true })
  readonly #id = `bailee-${++made}`
  readonly #on = new Set<string>()
  #age: AgeBand | undefined
  #offer: Offer | undefined
  #language: Language = 'en'
  #answer: Answer | undefined
  #asked = 0
  #given = false

  constructor() {
    super()
    this.#root.adoptedStyleSheets = [sheet]
  }

  /** What the page has fetched itself, with the person’s name on the request; or a draft, to see how it will look. */
  set offer(offer: Offer) {
    this.#given = true
    this.#asked++
    this.#show(offer)
  }
  get offer(): Offer | undefined {
    return this.#offer
  }
  /** The answer, or `null` while there is none. */
  get value(): Answer | null {
    return this.#answer ?? null
  }

  connectedCallback(): void {
    this.#language = languageOf(this.getAttribute('language') ?? document.documentElement.lang)
    this.#validate()
    if (this.#offer) this.#show(this.#offer)
    else void this.#ask()
  }
  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return
    if (name === 'language') this.#language = languageOf(after ?? '')
    if (name === 'required') this.#validate()
    else if (this.#given) {
      if (this.#offer) this.#show(this.#offer)
    } else void this.#ask()
  }
  formResetCallback(): void {
    this.#on.clear()
    this.#forget()
    if (this.#offer) this.#show(this.#offer)
  }

  get #words(): Words {
    return words[this.#language]
  }
  get #wanted(): string[] {
    return (this.getAttribute('purposes') ?? '').split(/[\s,]+/).filter(Boolean)
  }

  /** Fetches the signed snapshot of the notice as it stands now. No cookie goes along: nobody learns who is reading. */
  async #fetch(): Promise<Offer> {
    const notice = this.getAttribute('notice')
    const server = new URL(this.getAttribute('server') ?? '', location.href)
    const purposes = this.#wanted
    const response = await fetch(new URL('/v1/notices/snapshots', server), {
      method: 'POST',
      credentials: 'omit',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ notice, language: this.#language, ...(purposes.length > 0 ? { purposes } : {}) }),
    })
    if (!response.ok) throw new Error(`the server answered ${response.status}`)
    return (await response.json()) as Offer
  }

  async #ask(focus?: string): Promise<void> {
    const turn = ++this.#asked
    this.#frame(make('p', { role: 'status' }, `${this.#words.loading}…`))
    try {
      const offer = await this.#fetch()
      // An attribute may have changed meanwhile: only the newest question is shown.
      if (turn === this.#asked) this.#show(offer, focus)
    } catch {
      if (turn !== this.#asked) return
      const again = make('button', { type: 'button' }, this.#words.retry)
      again.onclick = () => void this.#ask('.card')
      this.#frame(make('p', { role: 'alert' }, this.#words.failed), make('div', {}, again))
    }
  }

  #frame(...children: readonly Child[]): void {
    const locale = this.#language === 'zh' ? 'zh-CN' : 'en'
    this.#root.replaceChildren(
      make(
        'div',
        { class: 'card', lang: locale, role: 'group', 'aria-labelledby': 'title', tabindex: '-1' },
        ...children,
      ),
    )
  }

  #show(offer: Offer, focus?: string): void {
    // Another text is another question: what was switched on for the old one says nothing about the new one.
    if (offer.notice.content !== this.#offer?.notice.content && offer.notice.hash !== this.#offer?.notice.hash) {
      this.#on.clear()
      this.#forget()
    }
    this.#offer = offer
    if (!this.isConnected) return
    const t = this.#words
    const { content } = offer.notice
    const questions = questionsOf(content, this.#wanted)
    const say = make('div', { class: 'said', role: 'status', tabindex: '-1' })
    const part = (title: string, lead: string | undefined, items: readonly Node[]) =>
      items.length > 0 &&
      make(
        'div',
        { class: 'part' },
        make('h3', {}, title),
        lead !== undefined && make('p', { class: 'soft' }, lead),
        ...items,
      )
    const purposes = (list: readonly Purpose[]) => list.map((purpose) => this.#purpose(questions, purpose))
    this.#frame(
      this.#head(offer),
      part(t.together, undefined, purposes(questions.together)),
      part(t.separate, t.separateLead, purposes(questions.separate)),
      part(
        t.recipients,
        t.recipientsLead,
        questions.recipients.map((one) => this.#recipient(questions, one)),
      ),
      part(
        t.informed,
        t.informedLead,
        questions.informed.map((purpose) =>
          make('div', { class: 'item' }, make('h4', {}, this.#say(purpose.title)), this.#facts(questions, purpose)),
        ),
      ),
      this.#more(offer),
      this.#ageQuestion(offer),
      this.#buttons(questions, say),
      say,
    )
    this.#hints(questions)
    if (this.#answer) this.#answered(questions, say, false)
    if (focus !== undefined) this.#root.querySelector<HTMLElement>(focus)?.focus()
  }

  #head({ notice, snapshot }: Offer): Node {
    const t = this.#words
    const other = make(
      'button',
      { type: 'button', class: 'quiet', id: 'other' },
      make('span', { lang: t.otherCode }, t.other),
    )
    other.onclick = () => {
      this.#language = this.#language === 'en' ? 'zh' : 'en'
      if (this.#given && this.#offer) this.#show(this.#offer, '#other')
      else void this.#ask('#other')
    }
    return make(
      'div',
      { class: 'part' },
      make(
        'div',
        { class: 'top' },
        make('div', {}, make('h2', { id: 'title' }, this.#say(notice.content.title))),
        // A snapshot says in which language the notice was read. One that the page gave, the page must take anew.
        !(this.#given && snapshot !== undefined) && other,
      ),
      snapshot === undefined && make('p', { class: 'said' }, t.preview),
      make('p', {}, t.lead),
    )
  }

  #say(text: Readonly<Record<Language, string>>): string {
    return text[this.#language]
  }
  #country(code: string): string {
    const names = new Intl.DisplayNames(this.#language === 'zh' ? 'zh-CN' : 'en', { type: 'region', fallback: 'code' })
    return names.of(code) ?? code
  }
  #named({ name, country }: { readonly name: Readonly<Record<Language, string>>; readonly country?: string }): string {
    return country === undefined ? this.#say(name) : this.#words.in(this.#say(name), this.#country(country))
  }
  #list(facts: readonly (readonly [string, Child | readonly Child[]])[]): HTMLElement {
    return make(
      'dl',
      {},
      ...facts.map(([term, value]) =>
        make('div', {}, make('dt', {}, term), make('dd', {}, ...(Array.isArray(value) ? value : [value as Child]))),
      ),
    )
  }

  #facts(questions: Questions, purpose: Purpose): HTMLElement {
    const t = this.#words
    const { content } = this.#offer!.notice
    const what = categoriesFor(content, purpose.id).map((category) =>
      make(
        'div',
        {},
        t.pair(this.#say(category.title), category.fields.map(({ title }) => this.#say(title)).join(t.list)),
        category.sensitive && make('span', { class: 'mark' }, t.sensitive),
      ),
    )
    const who = content.recipients
      .filter((one) => one.purpose === purpose.id)
      .map((one) =>
        questions.recipients.some(({ slug }) => slug === one.slug) ? t.onlyIf(this.#named(one)) : this.#named(one),
      )
    return this.#list([
      [t.what, what],
      ...(questions.informed.includes(purpose) ? ([[t.because, t.basis[purpose.basis]]] as const) : []),
      [t.kept, t.days(purpose.retentionDays)],
      ...(purpose.consentDays === undefined ? [] : ([[t.ends, t.endsAfter(purpose.consentDays)]] as const)),
      [t.who, who.length > 0 ? who.join(t.list) : t.nobody],
      ...(purpose.automatedDecision ? ([[t.machine, this.#say(purpose.automatedDecision)]] as const) : []),
    ])
  }

  #purpose(questions: Questions, purpose: Purpose): HTMLElement {
    const title = this.#say(purpose.title)
    return make(
      'div',
      { class: 'item' },
      make('h4', {}, title),
      this.#facts(questions, purpose),
      this.#switch(questions, purposeKey(purpose.id), this.#words.agreeTo(title)),
    )
  }

  #recipient(questions: Questions, one: Questions['recipients'][number]): HTMLElement {
    const t = this.#words
    const { content } = this.#offer!.notice
    const purpose = content.purposes.find(({ id }) => id === one.purpose)
    const what = one.categories?.map((id) =>
      this.#say(content.categories.find((category) => category.id === id)!.title),
    )
    return make(
      'div',
      { class: 'item' },
      make('h4', {}, this.#say(one.name)),
      this.#list([
        [t.gets, what?.join(t.list) ?? t.everything],
        ...(one.country === undefined ? [] : ([[t.where, this.#country(one.country)]] as const)),
      ]),
      this.#switch(
        questions,
        recipientKey(one.slug),
        t.passTo(this.#say(one.name), purpose ? this.#say(purpose.title) : one.purpose),
      ),
    )
  }

  #switch(questions: Questions, key: string, label: string): HTMLElement {
    const hint = `${this.#id} ${key}`.replaceAll(' ', '-')
    const input = make('input', { type: 'checkbox', role: 'switch', 'data-key': key, 'aria-describedby': hint })
    input.checked = this.#on.has(key)
    input.onchange = () => {
      if (input.checked) this.#on.add(key)
      else this.#on.delete(key)
      // A changed mind is no answer yet.
      if (this.#answer) {
        this.#forget()
        this.#show(this.#offer!, `[data-key="${key}"]`)
      } else this.#hints(questions)
    }
    return make(
      'label',
      { class: 'switch' },
      make('span', {}, label),
      input,
      make('span', { class: 'state', id: hint }),
    )
  }

  /** Says beside a recipient’s switch when it counts for nothing. */
  #hints(questions: Questions): void {
    const { recipients, refused } = choiceOf(questions, this.#on)
    for (const { slug, purpose } of questions.recipients) {
      const input = this.#root.querySelector(`[data-key="${recipientKey(slug)}"]`)
      const idle = this.#on.has(recipientKey(slug)) && !recipients.includes(slug) && refused.purposes.includes(purpose)
      const title = [...questions.together, ...questions.separate].find(({ id }) => id === purpose)?.title
      const hint = input?.parentElement?.querySelector('.state')
      if (hint) hint.textContent = idle && title ? this.#words.needsPurpose(this.#say(title)) : ''
    }
  }

  #more({ notice }: Offer): HTMLElement {
    const t = this.#words
    const { manner, crossBorder, processors, minors, contact, purposes } = notice.content
    const abroad = crossBorder
      ? t.abroadTo(
          crossBorder.countries.map((code) => this.#country(code)).join(t.list),
          this.#say(crossBorder.safeguards),
        )
      : t.notAbroad
    return make(
      'div',
      { class: 'part' },
      make('h3', {}, t.more),
      this.#list([
        ...(manner ? ([[t.manner, this.#say(manner)]] as const) : []),
        [t.abroad, abroad],
        ...(purposes.some(({ automatedDecision }) => automatedDecision) ? [] : ([[t.machines, t.noMachines]] as const)),
        ...(processors?.length
          ? ([[t.processors, processors.map((one) => this.#named(one)).join(t.list)]] as const)
          : []),
        ...(minors ? ([[t.minors, `${t.guardian(minors.guardianBelow)} ${this.#say(minors.rule)}`]] as const) : []),
        [t.rights, t.rightsText],
        [t.contact, this.#say(contact)],
      ]),
      notice.version !== undefined &&
        notice.publishedAt !== undefined &&
        make('p', { class: 'soft' }, t.version(notice.version, this.#day(notice.publishedAt))),
    )
  }
  #day(at: string): string {
    const locale = this.#language === 'zh' ? 'zh-CN' : 'en'
    return new Intl.DateTimeFormat(locale, { dateStyle: 'long' }).format(new Date(at))
  }

  /** What the page knows already is not asked again. */
  get #knownAge(): AgeBand | undefined {
    return ageBands.find((age) => age === this.getAttribute('age'))
  }
  #ageQuestion({ notice }: Offer): HTMLElement | undefined {
    if (!notice.content.minors || this.#knownAge) return undefined
    const t = this.#words
    const hint = make('p', { class: 'state', id: `${this.#id}-guardian`, role: 'status' })
    const tell = () => {
      hint.textContent = this.#age && needsGuardian(notice.content, this.#age) ? t.askGuardian : ''
    }
    const choices = ageBands.map((age) => {
      const input = make('input', { type: 'radio', name: 'age', value: age })
      input.checked = this.#age === age
      input.onchange = () => {
        this.#age = age
        tell()
      }
      return make('label', {}, input, t.ages[age])
    })
    tell()
    return make(
      'fieldset',
      { class: 'part age', id: 'age', 'aria-describedby': `${this.#id}-why`, tabindex: '-1' },
      make('legend', {}, t.age),
      make('p', { class: 'soft', id: `${this.#id}-why` }, t.ageWhy),
      make('div', { class: 'ages' }, ...choices),
      hint,
    )
  }

  #buttons(questions: Questions, say: HTMLElement): HTMLElement {
    const t = this.#words
    const refuse = make('button', { type: 'button', id: 'refuse' }, t.refuse)
    const agree = make('button', { type: 'button', id: 'agree' }, t.agree)
    refuse.onclick = () => void this.#decide(questions, say, 'refused')
    agree.onclick = () => void this.#decide(questions, say, 'agreed')
    return make('div', { class: 'answers', id: 'anchor', tabindex: '-1' }, refuse, agree)
  }

  async #decide(questions: Questions, say: HTMLElement, decision: Answer['decision']): Promise<void> {
    const t = this.#words
    if (decision === 'refused') {
      this.#on.clear()
      for (const input of this.#root.querySelectorAll('input')) input.checked = false
      this.#hints(questions)
    }
    const choice = choiceOf(questions, this.#on)
    if (decision === 'agreed' && choice.purposes.length + choice.separately.length + choice.recipients.length === 0) {
      say.replaceChildren(t.none)
      return
    }
    const shown = this.#offer!
    const ageBand = shown.notice.content.minors ? (this.#knownAge ?? this.#age) : undefined
    if (
      decision === 'agreed' &&
      shown.notice.content.minors &&
      (!ageBand || needsGuardian(shown.notice.content, ageBand))
    ) {
      say.replaceChildren(ageBand ? t.askGuardian : t.ageMissing)
      this.#root.querySelector<HTMLElement>('#age input')?.focus()
      return
    }
    if (shown.snapshot !== undefined && !this.#given && shown.expiresAt && Date.parse(shown.expiresAt) < Date.now()) {
      const fresh = await this.#fetch().catch(() => undefined)
      if (!fresh || fresh.notice.hash !== shown.notice.hash) {
        say.replaceChildren(fresh ? t.changed : t.failed)
        if (!fresh) return
        this.#show(fresh)
        const anew = this.#root.querySelector<HTMLElement>('.said[role=status]')
        anew?.replaceChildren(t.changed)
        anew?.focus()
        return
      }
      this.#offer = fresh
    }
    this.#answer = {
      decision,
      snapshot: this.#offer!.snapshot ?? '',
      notice: shown.notice.id ?? '',
      version: shown.notice.version ?? 0,
      language: this.#language,
      ...(ageBand ? { ageBand } : {}),
      ...choice,
    }
    this.#answered(questions, say, true)
    if (shown.snapshot === undefined) return
    this.#internals.setFormValue(JSON.stringify(this.#answer))
    this.#validate()
    const name = decision === 'agreed' ? 'bailee-consent' : 'bailee-refusal'
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail: this.#answer }))
  }

  /** The buttons give way to what was answered. Nothing else on the page moves. */
  #answered(questions: Questions, say: HTMLElement, focus: boolean): void {
    const t = this.#words
    const { decision, purposes, separately, recipients } = this.#answer!
    const agreed = [
      ...[...questions.together, ...questions.separate].filter(({ id }) => [...purposes, ...separately].includes(id)),
    ].map(({ title }) => this.#say(title))
    const passed = questions.recipients
      .filter(({ slug }) => recipients.includes(slug))
      .map(({ name }) => this.#say(name))
    const change = make('button', { type: 'button', class: 'quiet' }, t.change)
    change.onclick = () => {
      this.#forget()
      this.#show(this.#offer!, '.card')
    }
    this.#root.getElementById('anchor')?.remove()
    this.#root.getElementById('age')?.remove()
    say.replaceChildren(
      ...(decision === 'refused'
        ? [t.refused]
        : [t.agreed, make('ul', {}, ...[...agreed, ...passed].map((line) => make('li', {}, line)))]),
      make('div', {}, change),
    )
    if (focus) say.focus()
  }

  #forget(): void {
    this.#answer = undefined
    this.#internals.setFormValue(null)
    this.#validate()
  }
  #validate(): void {
    const missing = this.hasAttribute('required') && !this.#answer
    const anchor = this.#root.getElementById('anchor') ?? undefined
    if (missing) this.#internals.setValidity({ valueMissing: true }, this.#words.missing, anchor)
    else this.#internals.setValidity({})
  }
}

const languageOf = (tag: string): Language => (/^zh\b/i.test(tag) ? 'zh' : 'en')

if (!customElements.get('bailee-consent')) customElements.define('bailee-consent', BaileeConsent)

declare global {
  interface HTMLElementTagNameMap {
    'bailee-consent': BaileeConsent
  }
  interface HTMLElementEventMap {
    'bailee-consent': CustomEvent<Answer>
    'bailee-refusal': CustomEvent<Answer>
  }
}
