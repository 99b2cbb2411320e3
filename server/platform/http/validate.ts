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
    const first = validator.Errors(value)[0]
    const params = (first?.params ?? {}) as Record<string, unknown>
    const pointer = first?.instancePath ?? ''
    const named = first?.keyword === 'required' ? (params.requiredProperties as string[] | undefined)?.[0] : undefined
    throw new Refusal('schema_violation', {
      field: `${place === 'body' ? '' : `/${place}`}${pointer}${named === undefined ? '' : `/${named}`}` || '/',
      rule: ruleOf(first?.keyword, params),
    })
  }
}

function ruleOf(keyword: string | undefined, params: Record<string, unknown>): string {
  switch (keyword) {
    case 'required':
      return 'must be present'
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return 'holds a member that is not known here'
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
