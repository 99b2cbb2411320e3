import type { Bailee, Consent } from './bailee.ts'
import type { FieldOf, NoticeDraft } from './notice.ts'

/**
 * For Kysely's `values(...)` and Prisma's `data`: takes what a form sent, seals the personal fields in Bailee, and gives the
 * same object without them and with the person's id in the column that you name. Needs no ORM: plain objects in, plain objects out.
 */
export function personColumns<N extends NoticeDraft, const Field extends FieldOf<N>, const Column extends string>(
  bailee: Pick<Bailee<N>, 'collect'>,
  { fields, column }: { readonly fields: readonly Field[]; readonly column: Column },
) {
  return {
    /** `idempotencyKey`: kept with the work, so that a repeat after a crash makes nobody twice. */
    async store<Values extends { readonly [Name in Field]?: string | null }>(
      values: Values,
      consent: Consent<N>,
      idempotencyKey?: string,
    ): Promise<Omit<Values, Field | Column> & { readonly [Name in Column]: string }> {
      const sealed: Partial<Record<Field, string>> = {}
      for (const name of fields) {
        const value = values[name]
        if (value !== null && value !== undefined && value !== '') sealed[name] = value
      }
      const { person } = await bailee.collect(
        { consent, fields: sealed as { readonly [Name in FieldOf<N>]?: string } },
        idempotencyKey === undefined ? {} : { idempotencyKey },
      )
      const rest = Object.fromEntries(
        Object.entries(values).filter(([name]) => !(fields as readonly string[]).includes(name)),
      )
      return { ...rest, [column]: person } as Omit<Values, Field | Column> & { readonly [Name in Column]: string }
    },
  }
}
