/** Whose page this is, and who holds what is shown on it. */
export interface Visit {
  readonly person: string
  readonly provider: { readonly id: string; readonly name: { readonly en: string; readonly zh: string } }
}
