import type { BodyOf } from '@bailee/sdk'
import { type Command, keyOptions } from '../command.ts'
import { exit, Stop } from '../exit.ts'

type Abilities = BodyOf<'createClient'>['abilities']
const known = [
  'administer',
  'publish',
  'consent',
  'collect',
  'look',
  'find',
  'erase',
  'approve',
] as const satisfies Abilities

export const createClient: Command = {
  words: ['client', 'create'],
  rest: '--name … --abilities a,b --purposes x,y --server url',
  summary: { en: 'Makes a machine key bound to abilities and purposes.', zh: '创建绑定能力与目的的机器密钥。' },
  options: {
    ...keyOptions,
    name: { type: 'string', value: '<text>', help: { en: 'what to call it', zh: '名称' } },
    abilities: { type: 'string', value: '<a,b>', help: { en: known.join(', '), zh: known.join('、') } },
    purposes: { type: 'string', value: '<x,y>', help: { en: 'purposes that it may look for', zh: '可用于查看的目的' } },
  },
  takes: [0, 0],
  async run(input) {
    const { terminal } = input
    const abilities = input.list('abilities').map((given) => {
      const ability = known.find((one) => one === given)
      if (ability === undefined)
        throw new Stop(exit.usage, 'optionInvalid', { option: 'abilities', rule: known.join(', ') })
      return ability
    })
    const purposes = input.find('purposes') === undefined ? [] : input.list('purposes')
    const made = await input.client().call('createClient', { body: { name: input.get('name'), abilities, purposes } })
    terminal.object(made)
    terminal.print(terminal.say('clientMade', { client: made.client.id }))
    terminal.print(terminal.say('keyOnce'))
    terminal.print(made.key)
    return exit.fine
  },
}
