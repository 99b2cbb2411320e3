import { type Language, say, type TextKey, type Values } from './texts.ts'

/** Where answers go (stdout) and everything else (stderr). */
export class Terminal {
  readonly language: Language
  readonly json: boolean
  /** Aborted by Ctrl-C and SIGTERM once a command listens, and when nobody reads stdout any more. */
  readonly closed = new AbortController()

  constructor(language: Language, json: boolean) {
    this.language = language
    this.json = json
    // A broken pipe must not be a crash: the command decides where it is safe to stop.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
      this.closed.abort()
    })
    process.stderr.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }

  say(key: TextKey, values?: Values): string {
    return say(this.language, key, values)
  }

  /** A line of the answer for a person. Silent with --json. */
  print(text: string): void {
    if (!this.json) process.stdout.write(`${printable(text)}\n`)
  }

  /** The answer for a program: one JSON object on one line. Silent without --json. */
  object(value: object): void {
    if (this.json) process.stdout.write(`${JSON.stringify(value)}\n`)
  }

  tell(text: string): void {
    process.stderr.write(`${printable(text)}\n`)
  }
}

/** What others wrote must not steer the reader's terminal. Newlines stay. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}
