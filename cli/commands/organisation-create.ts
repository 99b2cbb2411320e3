import { type Command, keyOptions } from '../command.ts'
import { exit } from '../exit.ts'
import { organisationDraft, organisationOptions, showOrganisation } from '../organisation.ts'

export const createOrganisation: Command = {
  words: ['organisation', 'create'],
  rest: '--name-en … --name-zh … [--kind provider] --server url',
  summary: { en: 'Registers another organisation on the server.', zh: '在服务器上登记另一组织。' },
  options: { ...keyOptions, ...organisationOptions },
  takes: [0, 0],
  async run(input) {
    const made = await input.client().call('createOrganisation', { body: organisationDraft(input) })
    showOrganisation(made, input.terminal)
    return exit.fine
  },
}
