import { type Command, keyOptions } from '../command.ts'
import { exit } from '../exit.ts'

export const accessLink: Command = {
  words: ['access-link'],
  rest: '--person per_… --server url',
  summary: { en: 'Makes a one-time link to hand to the person.', zh: '生成交给本人的一次性链接。' },
  options: { ...keyOptions, person: { type: 'string', value: '<per_…>', help: { en: 'the person', zh: '本人' } } },
  takes: [0, 0],
  async run(input) {
    const { terminal } = input
    const caller = input.client()
    const link = await caller.call('createAccessLink', { body: { person: input.get('person') } })
    const url = `${caller.url}${link.path}`
    terminal.object({ ...link, url })
    terminal.print(terminal.say('linkMade', { at: link.expiresAt }))
    terminal.print(url)
    return exit.fine
  },
}
