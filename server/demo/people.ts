/** People who do not exist, the same ones every time: whoever reads a name or a number sees at once that it is invented. */
export interface TestPerson {
  readonly number: number
  /** The language in which they were shown the notice. */
  readonly language: 'en' | 'zh'
  readonly fields: {
    readonly name: string
    /** Eleven digits that begin with 120: no mobile number in China does, and none was ever assigned. */
    readonly phone: string
    readonly address: string
    readonly handle: string
  }
  /** Wants advertising as well as what they came for. */
  readonly wantsNews: boolean
}

export function inventPeople(count: number): readonly TestPerson[] {
  const dice = diceOf(20121228) // the day on which the Decision was adopted
  return Array.from({ length: count }, (_, at) => {
    const number = at + 1
    const padded = String(number).padStart(3, '0')
    const language = dice() < 0.5 ? 'zh' : 'en'
    return {
      number,
      language,
      wantsNews: dice() < 0.4,
      fields: {
        name: language === 'zh' ? `测试人${padded}` : `Test Person ${padded}`,
        phone: `12000000${padded}`,
        address: language === 'zh' ? `示例市虚构区无此路${number}号` : `${number} Nowhere Road, Example Town`,
        handle: `test-person-${padded}`,
      },
    }
  })
}

/** Numbers from 0 to 1 that are the same at every run (mulberry32). For examples only: they are no secret. */
export function diceOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
