export interface Bilingual {
  readonly en: string
  readonly zh: string
}
/** Which body of law a clock belongs to: mainland China, or the European Union. */
export type Regime = 'cn' | 'eu'
export type DemandKind = 'see' | 'copy' | 'correct' | 'delete' | 'stop' | 'explain'

export type Length =
  | { readonly days: number }
  | { readonly workingDays: number }
  | { readonly months: number }
  | { readonly hours: number }

/** How strongly an instrument binds. A recommended standard binds nobody by itself; authorities measure by it. */
export type Rank = 'law' | 'administrative-regulation' | 'departmental-rule' | 'normative-document' | 'standard'

/**
 * How a period is counted. `cn`: Civil Code, articles 200 to 204: the first day is not counted, the last day ends at 24:00, and
 * moves to the day after the holiday when it is one. `eu`: Regulation (EEC, Euratom) No 1182/71, article 3, to the same effect,
 * and a period in hours begins with the next full hour.
 */
export type Counting = 'cn' | 'eu'

/** One statutory clock. Never edited: a change of the law is a new entry, and the old one gets its last day in `to`. */
export interface Clock {
  readonly id: string
  readonly regime: Regime
  readonly instrument: Bilingual
  /** As the instrument calls its own edition: number, year. */
  readonly version: string
  readonly article: string
  /** What starts it. */
  readonly event: Bilingual
  /** Demands that it is for; empty for clocks of other duties. */
  readonly demands: readonly DemandKind[]
  readonly length: Length
  /** By how much it may be extended, once, with reasons told to the person before it runs out. */
  readonly extension?: { readonly length: Length; readonly article: string }
  readonly counting: Counting
  /** First and last day in force, in local dates; `to` is null while it is in force. */
  readonly from: string
  readonly to: string | null
  readonly rank: Rank
  /** Where the text was read. */
  readonly source: string
  /** The official text itself was not at hand when this was written: check before relying on it. */
  readonly secondHand?: true
  /** What must be known to apply it rightly. */
  readonly note?: Bilingual
}
