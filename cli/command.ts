import { readFileSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Bilingual, type Caller, createCaller } from '@bailee/sdk'
import { type ExitCode, exit, Stop } from './exit.ts'
import type { Terminal } from './terminal.ts'

export interface Option {
  readonly type: 'string' | 'boolean'
  /** Shown in the help, for example `<file>`. */
  readonly value?: string
  readonly help: Bilingual
}
export type Options = Readonly<Record<string, Option>>

export interface Command {
  readonly words: readonly string[]
  /** What follows the words, for the help. */
  readonly rest: string
  readonly summary: Bilingual
  readonly options: Options
  /** How many arguments it takes, at least and at most. */
  readonly takes: readonly [number, number]
  run(input: Input): Promise<ExitCode>
}

type Env = Readonly<Record<string, string | undefined>>

/** What the person typed, asked for by name. */
export class Input {
  readonly terminal: Terminal
  readonly positionals: readonly string[]
  readonly #values: Readonly<Record<string, string | boolean | undefined>>
  readonly #env: Env

  constructor(
    terminal: Terminal,
    given: { positionals: readonly string[]; values: Readonly<Record<string, string | boolean | undefined>> },
    env: Env,
  ) {
    this.terminal = terminal
    this.positionals = given.positionals
    this.#values = given.values
    this.#env = env
  }

  find(name: string): string | undefined {
    const value = this.#values[name]
    return typeof value === 'string' ? value : undefined
  }

  get(name: string): string {
    const value = this.find(name)
    if (value === undefined || value === '') throw new Stop(exit.usage, 'optionMissing', { option: name })
    return value
  }

  list(name: string): string[] {
    return this.get(name)
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
  }

  has(name: string): boolean {
    return this.#values[name] === true
  }

  env(name: string): string | undefined {
    const value = this.#env[name]
    return value === '' ? undefined : value
  }

  server(): string {
    const url = this.find('server') ?? this.env('BAILEE_SERVER')
    if (url === undefined) throw new Stop(exit.usage, 'optionMissing', { option: 'server' })
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new Stop(exit.usage, 'optionInvalid', { option: 'server', rule: 'http(s)://…' })
    }
    return url.replace(/\/+$/, '')
  }

  /** A caller without a key, for what anybody may ask. */
  anyone(): Caller {
    return createCaller({ url: this.server(), language: this.terminal.language })
  }

  client(): Caller {
    return createCaller({ url: this.server(), key: this.key(), language: this.terminal.language })
  }

  key(): string {
    const file = this.find('key-file')
    const key = file === undefined ? this.env('BAILEE_KEY') : readText(file)
    if (key === undefined || key.trim() === '') throw new Stop(exit.usage, 'keyMissing')
    if (file !== undefined && file !== '-' && process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
      this.terminal.tell(this.terminal.say('keyFileOpen'))
    }
    return key.trim()
  }
}

export const serverOption: Options = {
  server: {
    type: 'string',
    value: '<url>',
    help: { en: 'where the server is (or BAILEE_SERVER)', zh: '服务器地址（或 BAILEE_SERVER）' },
  },
}
export const keyOptions: Options = {
  ...serverOption,
  'key-file': {
    type: 'string',
    value: '<file>',
    help: { en: 'holds the machine key (or BAILEE_KEY)', zh: '存放机器密钥的文件（或 BAILEE_KEY）' },
  },
}
export const commonOptions: Options = {
  json: { type: 'boolean', help: { en: 'answer as one JSON object', zh: '以一个 JSON 对象回答' } },
  lang: { type: 'string', value: 'en|zh', help: { en: 'language of the texts', zh: '文字语言' } },
  help: { type: 'boolean', help: { en: 'this text', zh: '显示本说明' } },
}

/** Names the option that is wrong, never its value: that may be a secret. */
export function parseOptions(args: readonly string[], options: Options) {
  try {
    return parseArgs({
      args: joinValues(args, options),
      allowPositionals: true,
      options: Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }])),
    })
  } catch (cause) {
    const quoted = /'(?:-\w, )?(--?[\w-]+)/.exec(cause instanceof Error ? cause.message : '')?.[1]
    if (quoted === '--key') throw new Stop(exit.usage, 'keyAsArgument')
    throw new Stop(exit.usage, 'optionWrong', { option: quoted ?? '?' })
  }
}

/** A token may begin with a hyphen, which `parseArgs` takes for an option unless it is joined to its name. */
function joinValues(args: readonly string[], options: Options): string[] {
  const joined: string[] = []
  for (let at = 0; at < args.length; at++) {
    const name = args[at]!
    const value = args[at + 1]
    const takesValue = name.startsWith('--') && options[name.slice(2)]?.type === 'string'
    if (takesValue && value !== undefined && !value.startsWith('--')) {
      joined.push(`${name}=${value}`)
      at++
    } else joined.push(name)
  }
  return joined
}

/** `-` is standard input. */
export function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new Stop(exit.usage, 'fileUnreadable', { file, why }, { cause })
  }
}

export const readText = (file: string): string => new TextDecoder().decode(readBytes(file))

export function readJson(file: string): unknown {
  try {
    return JSON.parse(readText(file))
  } catch (cause) {
    if (cause instanceof Stop) throw cause
    throw new Stop(exit.usage, 'fileNotJson', { file })
  }
}
