import { createBailee, type NoticeDraft } from '@bailee/sdk'
import { type Command, keyOptions, readJson } from '../command.ts'
import { exit } from '../exit.ts'

export const publishNotice: Command = {
  words: ['notice', 'publish'],
  rest: '<file.json> --server url [--key-file file]',
  summary: { en: 'Makes a notice the live one, unless it is already.', zh: '发布告知规则（若已生效则不重复发布）。' },
  options: keyOptions,
  takes: [1, 1],
  async run(input) {
    const { terminal } = input
    // The server judges the notice by the contract and names what is wrong by its place.
    const notice = readJson(input.positionals[0] ?? '-') as NoticeDraft
    const bailee = createBailee({ url: input.server(), key: input.key(), notice, language: terminal.language })
    const result = await bailee.publish()
    terminal.object(result)
    const values = { notice: result.notice.id, version: result.notice.version }
    terminal.print(terminal.say(result.published ? 'published' : 'alreadyLive', values))
    return exit.fine
  },
}
