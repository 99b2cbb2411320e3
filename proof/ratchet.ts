// Single-use tags for one person's entries. Whoever has k_0 can follow them all; whoever steals k_n cannot recognise
// an earlier one; to everybody else they are random.
import { concat, equalBytes, readU64be, u64be, utf8Encode } from './bytes.ts'
import { ProofError } from './errors.ts'
import { HmacKey } from './sha256.ts'

const tagLabel = utf8Encode('tag')
const seedLabel = utf8Encode('seed')
const ratchetLabel = utf8Encode('ratchet')

/** HMAC(k, "tag"): stands in the leaf. */
export function tagOf(k: Uint8Array): Uint8Array {
  return keyOf(k).mac(tagLabel)
}

/** HMAC(k, "seed"): opens the body of that leaf. */
export function seedOf(k: Uint8Array): Uint8Array {
  return keyOf(k).mac(seedLabel)
}

/** HMAC(k, "ratchet"): the key of the next entry. */
export function nextKey(k: Uint8Array): Uint8Array {
  return keyOf(k).mac(ratchetLabel)
}

export type RatchetStep = { readonly n: number; readonly tag: Uint8Array; readonly seed: Uint8Array }

const stateMagic = Uint8Array.of(0x42, 0x4c, 0x52, 0x01) // "BLR" 1

/** (n, k_n), which moves forward only. */
export class Ratchet {
  #n: number
  #key: Uint8Array

  /** Starts at k_0 unless `n` says which key this is. */
  constructor(k: Uint8Array, n = 0) {
    keyOf(k)
    u64be(n)
    this.#key = k.slice()
    this.#n = n
  }

  static fromBytes(state: Uint8Array): Ratchet {
    if (state.length !== 44 || !equalBytes(state.subarray(0, 4), stateMagic)) {
      throw new ProofError('malformed_state', 'not the state of a ratchet')
    }
    return new Ratchet(state.slice(12), readU64be(state, 4))
  }

  /** Holds the secret: only ever stored sealed. */
  toBytes(): Uint8Array {
    return concat(stateMagic, u64be(this.#n), this.#key)
  }

  /** How many tags were issued; the number of the next one. */
  get n(): number {
    return this.#n
  }

  /** The tag that the next entry will bear, without moving. */
  peekTag(): Uint8Array {
    return tagOf(this.#key)
  }

  /** Issues tag_n and seed_n, moves to k_{n+1} and wipes k_n. One key set-up for the three MACs. */
  next(): RatchetStep {
    const hmac = keyOf(this.#key)
    const step = { n: this.#n, tag: hmac.mac(tagLabel), seed: hmac.mac(seedLabel) }
    const next = hmac.mac(ratchetLabel)
    hmac.wipe()
    this.#key.fill(0)
    this.#key = next
    this.#n += 1
    return step
  }
}

function keyOf(k: Uint8Array): HmacKey {
  if (k.length !== 32) throw new ProofError('malformed_state', 'a ratchet key is 32 bytes')
  return new HmacKey(k)
}
