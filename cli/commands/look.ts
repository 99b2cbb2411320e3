import type { Caller } from '@bailee/sdk'
import { type Command, type Input, keyOptions, readText } from '../command.ts'
import { exit, Stop } from '../exit.ts'
import { Progress } from '../progress.ts'
import { tellError } from '../tell-error.ts'
import type { Terminal } from '../terminal.ts'

const batchItems = 100

export const look: Command = {
  words: ['look'],
  rest: '--purpose p --fields a,b (--person per_… | --people file|-) --server url',
  summary: {
    en: 'Opens fields of one person or of many, for one purpose. Every look is logged.',
    zh: '为一个目的查看一人或多人的信息。每次查看都会留痕。',
  },
  options: {
    ...keyOptions,
    purpose: { type: 'string', value: '<slug>', help: { en: 'a purpose of the notice', zh: '告知规则中的目的' } },
    fields: { type: 'string', value: '<a,b>', help: { en: 'what to open', zh: '要查看的信息项' } },
    person: { type: 'string', value: '<per_…>', help: { en: 'one person', zh: '一个人' } },
    people: { type: 'string', value: '<file|->', help: { en: 'many: one id a line', zh: '多个人：每行一个编号' } },
    'on-behalf-of': {
      type: 'string',
      value: '<reference>',
      help: { en: 'your reference for the clerk, not a name; logged', zh: '经办人的内部编号（非姓名），将留痕' },
    },
    case: {
      type: 'string',
      value: '<reference>',
      help: { en: 'your reference for the order or ticket; logged', zh: '订单或工单编号，将留痕' },
    },
  },
  takes: [0, 0],
  async run(input) {
    const person = input.find('person')
    const file = input.find('people')
    if ((person === undefined) === (file === undefined)) throw new Stop(exit.usage, 'personOrPeople')
    const people = person === undefined ? peopleIn(readText(file ?? '-')) : peopleIn(person)
    const wanted = { purpose: input.get('purpose'), fields: input.list('fields'), ...references(input) }
    const items = people.map((one) => ({ person: one, ...wanted }))
    const caller = input.client()
    return person === undefined
      ? lookAtMany(items, caller, input.terminal)
      : lookAtOne(items[0]!, caller, input.terminal)
  },
}

interface Item {
  readonly person: string
  readonly purpose: string
  readonly fields: readonly string[]
  readonly onBehalfOf?: string
  readonly case?: string
}

function references(input: Input): Pick<Item, 'onBehalfOf' | 'case'> {
  const onBehalfOf = input.find('on-behalf-of')
  const reference = input.find('case')
  return {
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    ...(reference === undefined ? {} : { case: reference }),
  }
}

/** All of the list is checked before the first look. A wrong line is named by its number: it may hold a name or a phone. */
function peopleIn(text: string): string[] {
  const people = text.split('\n').flatMap((line, place) => {
    const one = line.trim()
    if (one === '' || one.startsWith('#')) return []
    if (!/^per_[0-9a-f]{32}$/.test(one)) throw new Stop(exit.usage, 'lineNotPerson', { line: place + 1 })
    return [one]
  })
  if (people.length === 0) throw new Stop(exit.usage, 'noPeople')
  return people
}

async function lookAtOne(item: Item, { call }: Caller, terminal: Terminal) {
  try {
    const answer = await call('look', { body: item })
    terminal.object(answer)
    for (const [name, value] of Object.entries(answer.fields)) terminal.print(`${name}: ${value}`)
    return exit.fine
  } catch (error) {
    const code = tellError(error, terminal)
    // Only what was judged and logged is a refusal; the rest is trouble with the server or the key.
    return error instanceof Error && 'receipt' in error && error.receipt !== undefined ? exit.refused : code
  }
}

async function lookAtMany(items: readonly Item[], { call }: Caller, terminal: Terminal) {
  const progress = new Progress('looking', items.length, terminal.language)
  let refused = 0
  let done = 0
  try {
    for (let at = 0; at < items.length; at += batchItems) {
      // Nothing is opened for nobody.
      if (terminal.closed.signal.aborted) throw new Stop(exit.outputClosed, 'outputClosed')
      const batch = items.slice(at, at + batchItems)
      const reply = await call('lookBatch', { body: { items: batch } })
      progress.end()
      for (const [place, { person }] of batch.entries()) {
        const answer = reply.items[place]
        if (answer !== undefined && !('problem' in answer)) {
          terminal.object(answer)
          terminal.print(
            [person, ...Object.entries(answer.fields).map(([name, value]) => `${name}: ${value}`)].join('\t'),
          )
          continue
        }
        refused += 1
        const problem = answer?.problem ?? { code: 'reply_malformed', title: '', titleZh: '' }
        terminal.object({ person, problem })
        const sentence = (terminal.language === 'zh' ? problem.titleZh : undefined) ?? problem.title
        terminal.print(terminal.say('lookRefused', { person, sentence, code: problem.code }))
      }
      done += batch.length
      progress.update(done)
      // Lets the news of a closed output arrive before the next batch.
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    progress.end()
    terminal.tell(terminal.say('looksDone', { done: done - refused, refused }))
  }
  return refused > 0 ? exit.refused : exit.fine
}
