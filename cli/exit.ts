import type { TextKey, Values } from './texts.ts'

/** What the process says to the script that started it. */
export const exit = {
  fine: 0,
  usage: 1,
  /** The network or the server failed or refused. */
  server: 2,
  cannotJudge: 3,
  /** A fork, a bad signature, a bad proof. */
  verificationFailed: 4,
  /** Some looks were refused. */
  refused: 5,
  interrupted: 130,
  /** Nobody reads our output any more. */
  outputClosed: 141,
} as const
export type ExitCode = (typeof exit)[keyof typeof exit]

/** Ends the command with a sentence for the person and a code for the script. */
export class Stop extends Error {
  readonly exitCode: ExitCode
  readonly text: TextKey
  readonly values: Values

  constructor(exitCode: ExitCode, text: TextKey, values: Values = {}, options?: ErrorOptions) {
    super(text, options)
    this.name = 'Stop'
    this.exitCode = exitCode
    this.text = text
    this.values = values
  }
}
