import type { Purpose } from './bailee.ts'
import type { FieldFor, NoticeDraft, PurposeOf } from './notice.ts'

export interface DualReadOptions<N extends NoticeDraft, P extends PurposeOf<N>, Row, Field extends FieldFor<N, P>> {
  /** `bailee.for('delivery')`: each read through Bailee is a look for this purpose. */
  readonly bailee: Purpose<N, P>
  /** The column `bailee_person`, or wherever the person's id is kept. Nothing for a row that is not moved yet. */
  readonly personOf: (row: Row) => string | null | undefined
  /** The old columns. */
  readonly old: { readonly [Name in Field]: (row: Row) => string | null | undefined }
}
export interface DualReadCounts {
  readonly fromBailee: number
  readonly fromOld: number
}
export interface DualRead<Row, Field extends string> {
  /** Bailee where the row has a person, the old columns where it has none. A refused look is an error, never a reason to read the old column. */
  read<const Fields extends readonly Field[]>(
    row: Row,
    fields: Fields,
  ): Promise<{ readonly [Name in Fields[number]]: string }>
  /** When `fromOld` stays at 0, the old columns may go. */
  counts(): DualReadCounts
}

/** For the time of a migration: one way to read, wherever the row stands. */
export function dualRead<N extends NoticeDraft, P extends PurposeOf<N>, Row, Field extends FieldFor<N, P>>({
  bailee,
  personOf,
  old,
}: DualReadOptions<N, P, Row, Field>): DualRead<Row, Field> {
  let fromBailee = 0
  let fromOld = 0
  return {
    async read<const Fields extends readonly Field[]>(row: Row, fields: Fields) {
      const person = personOf(row)
      if (person) {
        const look = await bailee.look(person, fields)
        fromBailee += 1
        return look.fields as { readonly [Name in Fields[number]]: string }
      }
      fromOld += 1
      // Every name in `fields` is a name of `old`: the types say so.
      return Object.fromEntries(fields.map((name) => [name, old[name](row) ?? ''])) as {
        readonly [Name in Fields[number]]: string
      }
    },
    counts: () => ({ fromBailee, fromOld }),
  }
}
