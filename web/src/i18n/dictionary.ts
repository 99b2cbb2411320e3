import type { en } from './en.ts'

type Words<T> = T extends string
  ? string
  : T extends (...values: infer A) => string
    ? (...values: A) => string
    : T extends readonly (infer Item)[]
      ? readonly Words<Item>[]
      : { readonly [K in keyof T]: Words<T[K]> }

export type Dictionary = Words<typeof en>
export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]
