import { Option } from 'commander'

export type Format = 'text' | 'json'

/** `--format json`, short `-o json`, on every command that has data. */
export function formatOption(): Option {
  return new Option('-o, --format <format>', 'how the data is written').choices(['text', 'json']).default('text')
}

/** `1 Pod`, `2 Pods`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
