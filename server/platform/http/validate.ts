import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { Refusal } from '#kernel'

/** Compiles a schema to a check that names the field and the rule and never quotes the value. */
export function compileCheck(schema: TSchema, place: 'body' | 'query' | 'params'): (value: unknown) => unknown {
  const validator = Compile(schema)
  return (given) => {
    const value = place === 'body' ? given : Value.Convert(schema, given)
    if (validator.Check(value)) return value
    const errors = validator.Errors(value)
    const first = errors[0]
    const params = (first?.params ?? {}) as Record<string, unknown>
    const named = first?.keyword === 'required' ? (params.requiredProperties as string[] | undefined)?.[0] : undefined
    const pointer = first?.keyword === 'boolean' ? unknownMember(first.instancePath) : (first?.instancePath ?? '')
    const allowed = errors.filter(({ keyword, instancePath }) => keyword === 'const' && instancePath === pointer)
    throw new Refusal('schema_violation', {
      field: `${place === 'body' ? '' : `/${place}`}${pointer}${named === undefined ? '' : `/${named}`}` || '/',
      rule:
        first?.keyword === 'const'
          ? `must be one of ${allowed.map((error) => JSON.stringify((error.params as { allowedValue: unknown }).allowedValue)).join(', ')}`
          : ruleOf(first?.keyword, params),
    })
  }
}

/** An unknown member is named if its name is one that a programmer would give; anything else may be a value gone astray. */
const unknownMember = (pointer: string): string =>
  /\/[A-Za-z][A-Za-z0-9_-]{0,39}$/.test(pointer) ? pointer : pointer.slice(0, pointer.lastIndexOf('/'))

function ruleOf(keyword: string | undefined, params: Record<string, unknown>): string {
  switch (keyword) {
    case 'required':
      return 'must be present'
    case 'boolean':
      return 'is not known here'
    case 'uniqueItems':
      return 'must not hold the same item twice'
    case 'pattern':
      return `must match ${String(params.pattern)}`
    case 'type':
      return `must be of type ${String(params.type)}`
    case 'minLength':
    case 'maxLength':
    case 'minItems':
    case 'maxItems':
    case 'minProperties':
    case 'maxProperties':
    case 'minimum':
    case 'maximum':
      return `${keyword} ${String(params.limit)}`
    default:
      return keyword ?? 'must follow the schema'
  }
}
