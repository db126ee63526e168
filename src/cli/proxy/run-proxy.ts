import {
  KubeconfigError,
  previewNodeProxy,
  ProxyRefusal,
  removeRules,
  runNodeProxy,
  type RunProxyOptions,
} from '../../cluster/proxy/run-node-proxy.ts'
import { MachineError, UsageError, type Context } from '../context.ts'
import { readText } from '../read-text.ts'
import { parseConfiguration } from './configuration-file.ts'
import type { ProxyCommandOptions } from './proxy-options.ts'
import { readSettings } from './read-settings.ts'
import { type OptionName, type SettingReader, settingReader } from './setting-reader.ts'

/** Milliseconds that a dry run waits for the API server. */
const PATIENCE = 20_000

/** `given`: the options that the command line has, which win over those of a file. */
export async function runProxy(
  options: ProxyCommandOptions,
  given: ReadonlySet<OptionName>,
  context: Context,
): Promise<number> {
  try {
    if (options.cleanup) {
      removeRules()
      return 0
    }
    const settings = settingsOf(options, given, context)
    if (options.dryRun) return await preview(settings, context)
    const running = await runNodeProxy(settings)
    await interrupted()
    running.stop()
    return 0
  } catch (error) {
    if (error instanceof KubeconfigError) throw new UsageError(error.message)
    if (error instanceof ProxyRefusal) throw new MachineError(error.message)
    throw error
  }
}

async function preview(settings: RunProxyOptions, { stdout, stderr }: Context): Promise<number> {
  const text = await previewNodeProxy(settings, PATIENCE)
  stdout.write(text)
  if (text === '') stderr.write('portolan: nothing to change\n')
  return 0
}

function settingsOf(options: ProxyCommandOptions, given: ReadonlySet<OptionName>, context: Context): RunProxyOptions {
  const onMessage = (message: string): void => void context.stderr.write(`portolan proxy: ${message}\n`)
  const { reader, warnings } = readerOf(options, given, context)
  const settings = readSettings(reader, context)
  if (reader.problems.length > 0) throw new UsageError(reader.problems.join('\n'))
  for (const warning of [...warnings, ...reader.warnings]) onMessage(warning)
  return { ...settings, onMessage }
}

function readerOf(
  options: ProxyCommandOptions,
  given: ReadonlySet<OptionName>,
  context: Context,
): { readonly reader: SettingReader; readonly warnings: readonly string[] } {
  const { config } = options
  if (config === undefined) return { reader: settingReader(options), warnings: [] }
  const file = parseConfiguration(readText(config, context), config)
  const own = Object.entries(options).filter(([option]) => [...given].some((name) => name === option))
  const merged = { ...options, ...file.options, ...Object.fromEntries(own) }
  const nameOf = (option: OptionName): string | undefined => (given.has(option) ? undefined : file.nameOf(option))
  return { reader: settingReader(merged, nameOf), warnings: file.warnings }
}

/** A signal ends the program; the rules stay. */
function interrupted(): Promise<void> {
  return new Promise((end) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end())
  })
}
