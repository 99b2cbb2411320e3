/** What this browser remembers between visits. Where it may not (private windows), it remembers until the page is closed. */
const held = new Map<string, string>()
const prefix = 'bailee.'

export function recall(name: string): string | undefined {
  try {
    return localStorage.getItem(prefix + name) ?? held.get(name)
  } catch {
    return held.get(name)
  }
}

/** False if it will be forgotten with the page. */
export function remember(name: string, value: string): boolean {
  held.set(name, value)
  try {
    localStorage.setItem(prefix + name, value)
    return true
  } catch {
    return false
  }
}

export function recallJson<T>(name: string, isValid: (value: unknown) => value is T): T | undefined {
  const text = recall(name)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isValid(value) ? value : undefined
  } catch {
    return undefined
  }
}
