import { base64Decode, base64Encode } from '@bailee/proof'

export { base64Decode, base64Encode }

/** The same base64 with one bit turned in the byte at `at`. */
export function flipOf(text: string, at: number): string {
  const bytes = base64Decode(text)
  bytes[at % bytes.length]! ^= 1
  return base64Encode(bytes)
}
