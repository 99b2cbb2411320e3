import { type Command, serverOption } from '../command.ts'
import { exit, Stop } from '../exit.ts'

export const showNotice: Command = {
  words: ['notice', 'show'],
  rest: '<ntc_…> --server url [--version n]',
  summary: { en: 'Shows a published notice.', zh: '显示已发布的告知规则。' },
  options: {
    ...serverOption,
    version: { type: 'string', value: '<n>', help: { en: 'an older version', zh: '历史版本' } },
  },
  takes: [1, 1],
  async run(input) {
    const { terminal } = input
    const given = input.find('version')
    if (given !== undefined && !/^[1-9]\d{0,8}$/.test(given)) {
      throw new Stop(exit.usage, 'optionInvalid', { option: 'version', rule: '1, 2, 3 …' })
    }
    const notice = await input.anyone().call('getNotice', {
      params: { notice: input.positionals[0] ?? '' },
      ...(given === undefined ? {} : { query: { version: Number(given) } }),
    })
    terminal.object(notice)
    const { language } = terminal
    const { title, contact, slug, purposes, categories } = notice.content
    const state = terminal.say(notice.live ? 'live' : 'notLive')
    terminal.print(terminal.say('noticeLine', { title: title[language], slug, version: notice.version, state }))
    terminal.print(`  ${contact[language]}`)
    for (const { id, title: purpose, basis, retentionDays } of purposes) {
      const fields = categories.filter((one) => one.purposes.includes(id)).flatMap((one) => one.fields)
      terminal.print(
        terminal.say('purposeLine', {
          purpose: id,
          title: purpose[language],
          basis,
          days: retentionDays,
          fields: fields.map((field) => field.title[language]).join(', '),
        }),
      )
    }
    return exit.fine
  },
}
