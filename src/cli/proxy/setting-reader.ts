/** What the options of `portolan proxy` and its file say, read with all problems of it. */
import type { ProxyCommandOptions } from './proxy-options.ts'

export type OptionName = keyof ProxyCommandOptions

export interface SettingReader {
  readonly options: ProxyCommandOptions
  /** Makes the options unusable; `fallback` is what goes on in its place. */
  refuse<Value>(option: OptionName, message: string, fallback: Value): Value
  warn(option: OptionName, message: string): void
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** `nameOf`: what an option is called where a file has said it. */
export function settingReader(
  options: ProxyCommandOptions,
  nameOf: (option: OptionName) => string | undefined = () => undefined,
): SettingReader {
  const problems: string[] = []
  const warnings: string[] = []
  const say = (option: OptionName, message: string): string => `${nameOf(option) ?? flagOf(option)} ${message}`
  return {
    options,
    problems,
    warnings,
    refuse(option, message, fallback) {
      problems.push(say(option, message))
      return fallback
    },
    warn: (option, message) => void warnings.push(say(option, message)),
  }
}

/** `--nodeport-addresses` of nodeportAddresses. */
export function flagOf(option: OptionName): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
