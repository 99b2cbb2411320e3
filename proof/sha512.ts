// SHA-512 (FIPS 180-4) on pairs of 32-bit words. Used only where Ed25519 asks for it.

const highK = new Int32Array(80)
const lowK = new Int32Array(80)
const initial = new Int32Array(16)

// The constants are the first 64 fraction bits of the cube and square roots of the primes; computing them is shorter
// than listing them, and a slip of the pen is impossible.
for (let prime = 2, found = 0; found < 80; prime++) {
  if (!isPrime(prime)) continue
  const cube = root(BigInt(prime) << 192n, 3n)
  highK[found] = Number(BigInt.asIntN(32, cube >> 32n))
  lowK[found] = Number(BigInt.asIntN(32, cube))
  if (found < 8) {
    const square = root(BigInt(prime) << 128n, 2n)
    initial[2 * found] = Number(BigInt.asIntN(32, square >> 32n))
    initial[2 * found + 1] = Number(BigInt.asIntN(32, square))
  }
  found++
}

const highW = new Int32Array(80)
const lowW = new Int32Array(80)
const v = new Int32Array(16)

/** SHA-512 of the bytes: 64 bytes. */
export function sha512(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil((bytes.length + 17) / 128)
  const padded = new Uint8Array(blocks * 128)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x2000_0000))
  view.setUint32(padded.length - 4, (bytes.length << 3) >>> 0)
  const state = initial.slice()
  for (let at = 0; at < padded.length; at += 128) compress(state, view, at)
  const out = new Uint8Array(64)
  const outView = new DataView(out.buffer)
  for (let i = 0; i < 16; i++) outView.setInt32(i * 4, state[i]!)
  return out
}

function compress(state: Int32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) {
    highW[i] = view.getInt32(at + i * 8)
    lowW[i] = view.getInt32(at + i * 8 + 4)
  }
  for (let i = 16; i < 80; i++) {
    const xh = highW[i - 15]!
    const xl = lowW[i - 15]!
    const yh = highW[i - 2]!
    const yl = lowW[i - 2]!
    const s0h = ((xh >>> 1) | (xl << 31)) ^ ((xh >>> 8) | (xl << 24)) ^ (xh >>> 7)
    const s0l = ((xl >>> 1) | (xh << 31)) ^ ((xl >>> 8) | (xh << 24)) ^ ((xl >>> 7) | (xh << 25))
    const s1h = ((yh >>> 19) | (yl << 13)) ^ ((yl >>> 29) | (yh << 3)) ^ (yh >>> 6)
    const s1l = ((yl >>> 19) | (yh << 13)) ^ ((yh >>> 29) | (yl << 3)) ^ ((yl >>> 6) | (yh << 26))
    const low = (lowW[i - 16]! >>> 0) + (lowW[i - 7]! >>> 0) + (s0l >>> 0) + (s1l >>> 0)
    highW[i] = (highW[i - 16]! + highW[i - 7]! + s0h + s1h + Math.floor(low / 0x1_0000_0000)) | 0
    lowW[i] = low | 0
  }
  v.set(state)
  for (let i = 0; i < 80; i++) {
    const eh = v[8]!
    const el = v[9]!
    const ah = v[0]!
    const al = v[1]!
    const s1h = ((eh >>> 14) | (el << 18)) ^ ((eh >>> 18) | (el << 14)) ^ ((el >>> 9) | (eh << 23))
    const s1l = ((el >>> 14) | (eh << 18)) ^ ((el >>> 18) | (eh << 14)) ^ ((eh >>> 9) | (el << 23))
    const chh = (eh & v[10]!) ^ (~eh & v[12]!)
    const chl = (el & v[11]!) ^ (~el & v[13]!)
    const t1l = (v[15]! >>> 0) + (s1l >>> 0) + (chl >>> 0) + (lowK[i]! >>> 0) + (lowW[i]! >>> 0)
    const t1h = (v[14]! + s1h + chh + highK[i]! + highW[i]! + Math.floor(t1l / 0x1_0000_0000)) | 0
    const s0h = ((ah >>> 28) | (al << 4)) ^ ((al >>> 2) | (ah << 30)) ^ ((al >>> 7) | (ah << 25))
    const s0l = ((al >>> 28) | (ah << 4)) ^ ((ah >>> 2) | (al << 30)) ^ ((ah >>> 7) | (al << 25))
    const mjh = (ah & v[2]!) ^ (ah & v[4]!) ^ (v[2]! & v[4]!)
    const mjl = (al & v[3]!) ^ (al & v[5]!) ^ (v[3]! & v[5]!)
    const el2 = (v[7]! >>> 0) + ((t1l | 0) >>> 0)
    const eh2 = (v[6]! + t1h + Math.floor(el2 / 0x1_0000_0000)) | 0
    const al2 = ((t1l | 0) >>> 0) + (s0l >>> 0) + (mjl >>> 0)
    const ah2 = (t1h + s0h + mjh + Math.floor(al2 / 0x1_0000_0000)) | 0
    v.copyWithin(2, 0, 14)
    v[8] = eh2
    v[9] = el2 | 0
    v[0] = ah2
    v[1] = al2 | 0
  }
  for (let i = 0; i < 16; i += 2) {
    const low = (state[i + 1]! >>> 0) + (v[i + 1]! >>> 0)
    state[i] = (state[i]! + v[i]! + Math.floor(low / 0x1_0000_0000)) | 0
    state[i + 1] = low | 0
  }
}

function isPrime(value: number): boolean {
  for (let divisor = 2; divisor * divisor <= value; divisor++) if (value % divisor === 0) return false
  return true
}

/** Integer k-th root by bisection. */
function root(value: bigint, k: bigint): bigint {
  let low = 0n
  let high = 1n << 80n
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (middle ** k <= value) low = middle
    else high = middle
  }
  return low
}
