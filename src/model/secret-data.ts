import type { Secret } from '../api/core.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function decodeBase64(text: string): readonly number[] {
  const bytes: number[] = []
  let bits = 0
  let count = 0
  for (const character of text) {
    const digit = ALPHABET.indexOf(character)
    if (digit < 0) continue
    bits = ((bits << 6) | digit) & 0xfff
    count += 6
    if (count >= 8) {
      count -= 8
      bytes.push((bits >> count) & 0xff)
    }
  }
  return bytes
}

/** Bytes as UTF-8; bytes that are not UTF-8 are taken one by one as Latin-1, since an environment is text. */
function decodeText(bytes: readonly number[]): string {
  const percent = bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  try {
    return decodeURIComponent(percent)
  } catch {
    return String.fromCharCode(...bytes)
  }
}

/** A Secret's entries as text. `stringData` wins, as it does when the API server folds it into `data`. */
export function secretText(secret: Secret): Readonly<Record<string, string>> {
  const decoded = Object.entries(secret.data ?? {}).map(
    ([key, value]) => [key, decodeText(decodeBase64(value))] as const,
  )
  return { ...Object.fromEntries(decoded), ...secret.stringData }
}
