import { type Command, readText, serverOption } from '../command.ts'
import { exit } from '../exit.ts'
import { organisationDraft, organisationOptions, showOrganisation } from '../organisation.ts'

export const setup: Command = {
  words: ['setup'],
  rest: '--token … --server url --name-en … --name-zh … [--kind provider]',
  summary: {
    en: 'Completes set-up: makes the first organisation and its key.',
    zh: '完成初始化：创建首个组织及其密钥。',
  },
  options: {
    ...serverOption,
    token: {
      type: 'string',
      value: '<token>',
      help: {
        en: 'from the one-time set-up link; - reads it from stdin',
        zh: '一次性初始化链接中的令牌；- 表示从标准输入读取',
      },
    },
    ...organisationOptions,
  },
  takes: [0, 0],
  async run(input) {
    const { client, ...organisation } = organisationDraft(input)
    const token = input.get('token') === '-' ? readText('-').trim() : input.get('token')
    const made = await input.anyone().call('setup', { body: { token, organisation, client } })
    showOrganisation(made, input.terminal)
    return exit.fine
  },
}
