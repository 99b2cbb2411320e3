// SHAKE128 and SHAKE256 (FIPS 202), for ML-DSA. Lanes are pairs of 32-bit words: even index low, odd index high.

const roundConstants = new Int32Array(48)
const rotations = new Uint8Array(25)
const targets = new Uint8Array(25)

// FIPS 202 section 3.2.5: the constants are the output of a small shift register.
for (let round = 0, register = 1; round < 24; round++) {
  for (let j = 0; j < 7; j++) {
    if (register & 1) {
      const bit = (1 << j) - 1
      roundConstants[round * 2 + (bit >> 5)]! ^= 1 << (bit & 31)
    }
    register = register & 0x80 ? ((register << 1) ^ 0x171) & 0xff : register << 1
  }
}

// Sections 3.2.2 and 3.2.3: where each lane goes and how far it turns.
for (let t = 0, x = 1, y = 0; t < 24; t++) {
  rotations[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64
  const next = (2 * x + 3 * y) % 5
  x = y
  y = next
}
for (let x = 0; x < 5; x++) for (let y = 0; y < 5; y++) targets[x + 5 * y] = y + 5 * ((2 * x + 3 * y) % 5)

/** A sponge that has absorbed its input; `read` gives the next bytes of output. */
export class Shake {
  readonly #state = new Int32Array(50)
  readonly #rate: number
  readonly #block: Uint8Array
  #at: number

  private constructor(rate: number, parts: readonly Uint8Array[]) {
    this.#rate = rate
    this.#block = new Uint8Array(rate)
    this.#at = 0
    for (const part of parts) {
      for (const byte of part) {
        this.#state[this.#at >> 2]! ^= byte << (8 * (this.#at & 3))
        this.#at += 1
        if (this.#at === rate) {
          permute(this.#state)
          this.#at = 0
        }
      }
    }
    this.#state[this.#at >> 2]! ^= 0x1f << (8 * (this.#at & 3))
    this.#state[(rate - 1) >> 2]! ^= 0x80 << (8 * ((rate - 1) & 3))
    this.#at = rate
  }

  static shake128(...parts: readonly Uint8Array[]): Shake {
    return new Shake(168, parts)
  }

  static shake256(...parts: readonly Uint8Array[]): Shake {
    return new Shake(136, parts)
  }

  byte(): number {
    if (this.#at === this.#rate) this.#squeeze()
    return this.#block[this.#at++]!
  }

  read(length: number): Uint8Array {
    const out = new Uint8Array(length)
    for (let i = 0; i < length; i++) out[i] = this.byte()
    return out
  }

  #squeeze(): void {
    permute(this.#state)
    for (let i = 0; i < this.#rate; i++) this.#block[i] = this.#state[i >> 2]! >>> (8 * (i & 3))
    this.#at = 0
  }
}

export function shake128(length: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return Shake.shake128(...parts).read(length)
}

export function shake256(length: number, ...parts: readonly Uint8Array[]): Uint8Array {
  return Shake.shake256(...parts).read(length)
}

const columns = new Int32Array(10)
const turned = new Int32Array(50)

function permute(a: Int32Array): void {
  for (let round = 0; round < 24; round++) {
    for (let i = 0; i < 10; i++) columns[i] = a[i]! ^ a[i + 10]! ^ a[i + 20]! ^ a[i + 30]! ^ a[i + 40]!
    for (let x = 0; x < 5; x++) {
      const left = ((x + 4) % 5) * 2
      const right = ((x + 1) % 5) * 2
      const low = columns[left]! ^ ((columns[right]! << 1) | (columns[right + 1]! >>> 31))
      const high = columns[left + 1]! ^ ((columns[right + 1]! << 1) | (columns[right]! >>> 31))
      for (let i = x * 2; i < 50; i += 10) {
        a[i]! ^= low
        a[i + 1]! ^= high
      }
    }
    for (let i = 0; i < 25; i++) {
      const turn = rotations[i]!
      const to = targets[i]! * 2
      // A turn by 32 or more swaps the halves first; a shift by 32 would be no shift at all in JavaScript.
      const low = turn >= 32 ? a[2 * i + 1]! : a[2 * i]!
      const high = turn >= 32 ? a[2 * i]! : a[2 * i + 1]!
      const shift = turn & 31
      turned[to] = shift === 0 ? low : (low << shift) | (high >>> (32 - shift))
      turned[to + 1] = shift === 0 ? high : (high << shift) | (low >>> (32 - shift))
    }
    for (let row = 0; row < 50; row += 10) {
      for (let i = 0; i < 10; i++) {
        a[row + i] = turned[row + i]! ^ (~turned[row + ((i + 2) % 10)]! & turned[row + ((i + 4) % 10)]!)
      }
    }
    a[0]! ^= roundConstants[2 * round]!
    a[1]! ^= roundConstants[2 * round + 1]!
  }
}
