import type { BodyOf, ReplyOf } from '@bailee/sdk'
import type { Input, Options } from './command.ts'
import { exit, Stop } from './exit.ts'
import type { Terminal } from './terminal.ts'

type Draft = BodyOf<'createOrganisation'>
const kinds = ['provider', 'authority', 'identity-service', 'recipient'] as const
const levels = ['national', 'province', 'city', 'district'] as const

export const organisationOptions: Options = {
  'name-en': { type: 'string', value: '<text>', help: { en: 'its name in English', zh: '英文名称' } },
  'name-zh': { type: 'string', value: '<text>', help: { en: 'its name in Chinese', zh: '中文名称' } },
  kind: {
    type: 'string',
    value: '<kind>',
    help: { en: `${kinds.join(', ')} (provider)`, zh: `${kinds.join('、')}（默认 provider）` },
  },
  area: { type: 'string', value: '<code>', help: { en: 'GB/T 2260 area code', zh: 'GB/T 2260 行政区划代码' } },
  level: {
    type: 'string',
    value: '<level>',
    help: { en: `of an authority: ${levels.join(', ')}`, zh: `主管部门级别：${levels.join('、')}` },
  },
  'client-name': {
    type: 'string',
    value: '<text>',
    help: { en: 'what to call its key (administrator)', zh: '密钥名称（默认 administrator）' },
  },
}

export function organisationDraft(input: Input): Draft {
  const area = input.find('area')
  const level = oneOf(input, 'level', levels)
  return {
    kind: oneOf(input, 'kind', kinds) ?? 'provider',
    name: { en: input.get('name-en'), zh: input.get('name-zh') },
    ...(area === undefined ? {} : { area }),
    ...(level === undefined ? {} : { level }),
    client: { name: input.find('client-name') ?? 'administrator' },
  }
}

function oneOf<const T extends string>(input: Input, option: string, allowed: readonly T[]): T | undefined {
  const value = input.find(option)
  if (value === undefined) return undefined
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw new Stop(exit.usage, 'optionInvalid', { option, rule: allowed.join(', ') })
  return found
}

export function showOrganisation(made: ReplyOf<'setup'>, terminal: Terminal): void {
  terminal.object(made)
  const { organisation, client } = made
  terminal.print(terminal.say('organisationMade', { organisation: organisation.id, client: client.id }))
  terminal.print(terminal.say('keyOnce'))
  terminal.print(made.key)
}
