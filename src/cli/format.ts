import { Option } from 'commander'

export type Format = 'text' | 'json'

/** `--format json`, short `-o json`, on every command that has data. */
export function formatOption(): Option {
  return new Option('-o, --format <format>', 'how the data is written').choices(['text', 'json']).default('text')
}

/** Choices of an option; `others`: further words for some of them, which are taken but not shown. */
export function choicesOf(
  option: Option,
  choices: readonly string[],
  others: Readonly<Record<string, string>>,
): Option {
  option.choices(choices)
  const read = option.parseArg
  return read === undefined ? option : option.argParser<unknown>((word, before) => read(others[word] ?? word, before))
}

/** `1 Pod`, `2 Pods`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
