/**
 * PostgreSQL's binary array format (src/backend/utils/adt/arrayfuncs.c, array_recv), for parameters of `unnest`.
 * Text arrays of bytea cost an escape and a parse per element; these cost a copy.
 */
const BYTEA = 17
const TEXT = 25
const UUID = 2950
const INT8 = 20
const INT4 = 23

function header(elements: number, oid: number, hasNull: boolean, total: number): Buffer {
  const out = Buffer.allocUnsafe(20 + total)
  out.writeInt32BE(elements === 0 ? 0 : 1, 0)
  out.writeInt32BE(hasNull ? 1 : 0, 4)
  out.writeInt32BE(oid, 8)
  out.writeInt32BE(elements, 12)
  out.writeInt32BE(1, 16)
  return elements === 0 ? out.subarray(0, 12) : out
}

function variable(values: readonly (Uint8Array | null)[], oid: number): Buffer {
  let total = 0
  let hasNull = false
  for (const value of values) {
    total += 4 + (value?.length ?? 0)
    hasNull ||= value === null
  }
  const out = header(values.length, oid, hasNull, total)
  let at = 20
  for (const value of values) {
    if (value === null) at = out.writeInt32BE(-1, at)
    else {
      at = out.writeInt32BE(value.length, at)
      out.set(value, at)
      at += value.length
    }
  }
  return out
}

export const byteaArray = (values: readonly (Uint8Array | null)[]): Buffer => variable(values, BYTEA)

export function textArray(values: readonly (string | null)[]): Buffer {
  let total = 0
  let hasNull = false
  for (const value of values) {
    total += 4 + (value === null ? 0 : Buffer.byteLength(value))
    hasNull ||= value === null
  }
  const out = header(values.length, TEXT, hasNull, total)
  let at = 20
  for (const value of values) {
    if (value === null) at = out.writeInt32BE(-1, at)
    else {
      const length = out.write(value, at + 4)
      out.writeInt32BE(length, at)
      at += 4 + length
    }
  }
  return out
}

/** Ids are 32 hex digits inside the house. */
export function uuidArray(values: readonly (string | null)[]): Buffer {
  const nulls = values.reduce((count, value) => (value === null ? count + 1 : count), 0)
  const out = header(values.length, UUID, nulls > 0, values.length * 20 - nulls * 16)
  let at = 20
  for (const value of values) {
    if (value === null) at = out.writeInt32BE(-1, at)
    else {
      at = out.writeInt32BE(16, at)
      out.write(value, at, 'hex')
      at += 16
    }
  }
  return out
}

export function int8Array(values: readonly number[]): Buffer {
  const out = header(values.length, INT8, false, values.length * 12)
  let at = 20
  for (const value of values) {
    at = out.writeInt32BE(8, at)
    at = out.writeBigInt64BE(BigInt(value), at)
  }
  return out
}

export function int4Array(values: readonly number[]): Buffer {
  const out = header(values.length, INT4, false, values.length * 8)
  let at = 20
  for (const value of values) {
    at = out.writeInt32BE(4, at)
    at = out.writeInt32BE(value, at)
  }
  return out
}
