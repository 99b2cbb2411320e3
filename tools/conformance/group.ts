import { readFileSync } from 'node:fs'

/** Vectors of one subject. `run` gets the folder given on the command line and finds its own part of it. */
export type Group = {
  readonly name: string
  run(folder: string, report: Report): void | Promise<void>
}

export class Report {
  passed = 0
  readonly failures: string[] = []
  readonly notes: string[] = []

  /** A throw is a failure, with what was thrown. */
  check(what: string, outcome: boolean | (() => boolean)): void {
    let ok = false
    let why = ''
    try {
      ok = typeof outcome === 'function' ? outcome() : outcome
    } catch (error) {
      why = ` (${error instanceof Error ? error.message : String(error)})`
    }
    if (ok) this.passed += 1
    else this.failures.push(what + why)
  }

  equal(what: string, actual: string | number, expected: string | number): void {
    this.check(actual === expected ? what : `${what}: ${actual} instead of ${expected}`, actual === expected)
  }

  /** Something a reader should know that is neither a pass nor a failure. */
  note(text: string): void {
    this.notes.push(text)
  }
}

// Vectors are read by trusted code from files of a known shape; each group declares the shape that it reads.
export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T
}

export function readBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(file))
}
