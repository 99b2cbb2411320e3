import { isUtf8 } from 'node:buffer'
import { Refusal } from '#kernel'

const maxDepth = 32

/** Nesting of a JSON text, brackets inside strings apart. Linear, and stops at the limit. */
export function nestsDeeperThan(text: string, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) inString = true
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > limit) return true
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return false
}

function firstIllFormed(value: unknown, pointer: string): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : pointer
  if (Array.isArray(value)) {
    for (const [index, member] of value.entries()) {
      const found = firstIllFormed(member, `${pointer}/${index}`)
      if (found !== undefined) return found
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      // A name that is itself ill-formed cannot be quoted back: its parent is named.
      if (!name.isWellFormed()) return pointer
      const found = firstIllFormed(member, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/**
 * Bytes of a request body to JSON. Refuses broken UTF-8, lone surrogates (raw they are broken UTF-8; escaped they are
 * looked for) and deep nesting, before any rule of a room sees them.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new Refusal('text_not_unicode', { rule: 'the body must be UTF-8 (RFC 8259, 8.1)' })
  const text = bytes.toString('utf8')
  if (nestsDeeperThan(text, maxDepth)) throw new Refusal('body_too_deep', { rule: `at most ${maxDepth} levels` })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // The parser's own message quotes the body; it goes nowhere.
    throw new Refusal('body_malformed')
  }
  if (text.includes('\\u')) {
    const field = firstIllFormed(value, '')
    if (field !== undefined) throw new Refusal('text_not_unicode', { field, rule: 'no lone surrogates' })
  }
  return value
}
