/** What only counts when a network starts: a second `up` may say it again, but not otherwise. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Command as Program } from 'commander'
import { UsageError } from '../context.ts'
import type { UpOptions } from './options.ts'

/** Options of one call of `up`, whether it starts the network or not. */
const OF_EACH_CALL: ReadonlySet<string> = new Set(['name', 'detach', 'wait', 'dryRun', 'check'])
const FILE = 'options.json'

/** The flags that were really given, with their values. */
export type GivenOptions = ReadonlyMap<string, unknown>

export function givenOptions(command: Program): GivenOptions {
  const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
  return new Map(given.map((option) => [option.attributeName(), command.getOptionValue(option.attributeName())]))
}

/** For the calls of `up` to come. */
export function rememberOptions(directory: string, options: UpOptions): void {
  writeFileSync(`${directory}/${FILE}`, JSON.stringify(options), { mode: 0o600 })
}

/** Throws a UsageError that names each flag that the network was not started with. */
export function refuseOtherOptions(directory: string, network: string, given: GivenOptions): void {
  const started = rememberedOptions(directory)
  if (started === undefined) return
  const others = [...given].filter(
    ([name, value]) => !OF_EACH_CALL.has(name) && JSON.stringify(value) !== JSON.stringify(started[name]),
  )
  if (others.length === 0) return
  const flags = others.map(([name]) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`)
  throw new UsageError(
    `network ${network} runs already, and was started with another ${flags.join(', ')}: ` +
      `nothing was changed; end it first with "portolan down --name ${network}"`,
  )
}

/** `options`, with those that the network was started with. */
export function startedOptions(directory: string, options: UpOptions): UpOptions {
  return { ...options, ...rememberedOptions(directory) }
}

function rememberedOptions(directory: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(`${directory}/${FILE}`, 'utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    // The network ends just now, and applying to it will say so.
    return undefined
  }
}
