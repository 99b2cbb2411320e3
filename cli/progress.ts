import { type Language, say, type TextKey } from './texts.ts'

const redrawMilliseconds = 100
const lineMilliseconds = 5000
const barWidth = 24

/** How far a long work has come: a bar on a terminal, a line every few seconds elsewhere. Only ever on stderr. */
export class Progress {
  readonly #label: string
  readonly #language: Language
  #total: number
  readonly #startedAt: number
  #drawnAt: number
  #done = 0
  #drawn = false

  constructor(label: TextKey, total: number, language: Language) {
    this.#label = say(language, label)
    this.#language = language
    this.#total = total
    this.#startedAt = performance.now()
    this.#drawnAt = this.#startedAt
  }

  update(done: number, total = this.#total): void {
    this.#done = done
    this.#total = total
    const now = performance.now()
    const onTerminal = process.stderr.isTTY === true
    if (now - this.#drawnAt < (onTerminal ? redrawMilliseconds : lineMilliseconds)) return
    this.#drawnAt = now
    const line = progressLine(this.#label, done, this.#total, (now - this.#startedAt) / 1000, this.#language)
    process.stderr.write(onTerminal ? `\r\u001b[K${line}` : `${line}\n`)
    this.#drawn = onTerminal
  }

  /** Leaves the terminal's line clean, also after a failure. */
  end(): void {
    if (this.#drawn) process.stderr.write('\r\u001b[K')
    this.#drawn = false
  }

  get done(): number {
    return this.#done
  }
}

export function progressLine(label: string, done: number, total: number, seconds: number, language: Language): string {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const rate = seconds > 0 ? done / seconds : 0
  const filled = Math.round(share * barWidth)
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
  const left = rate > 0 ? durationOf((total - done) / rate) : '–'
  return [
    label,
    bar,
    `${Math.floor(share * 100)}%`,
    `${done}/${total}`,
    say(language, 'perSecond', { rate: rate >= 10 ? Math.round(rate) : rate.toFixed(1) }),
    say(language, 'remaining', { time: left }),
  ].join('  ')
}

function durationOf(seconds: number): string {
  const whole = Math.ceil(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}
