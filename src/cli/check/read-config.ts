import { dirname, resolve } from 'node:path'
import { parseBaseline } from '../../explain/check/baseline.ts'
import { type CheckInputsOptions, findRule } from '../../explain/check/check-inputs.ts'
import { DEFAULT_CONFIG } from '../../explain/check/config.ts'
import { parseCheckConfig } from '../../explain/check/parse-config.ts'
import { UsageError, type Context } from '../context.ts'
import { readText } from '../read-text.ts'

/** The settings of a run; a UsageError says all that is wrong with the file. `namespace` of the command line wins. */
export function readConfig(
  file: string | undefined,
  namespace: string | undefined,
  context: Context,
): CheckInputsOptions {
  const own = namespace === undefined ? {} : { namespace }
  if (file === undefined) return { config: { ...DEFAULT_CONFIG, ...own } }
  const { config, problems } = parseCheckConfig(readText(file, context), file, (rule) => findRule(rule) !== undefined)
  if (problems.length > 0) {
    throw new UsageError(
      problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'),
    )
  }
  const settings = { config: { ...config, ...own } }
  if (config.baseline === undefined) return settings
  const path = resolve(dirname(resolve(context.workingDirectory, file)), config.baseline)
  const baseline = parseBaseline(readText(path, context))
  if (baseline === undefined) {
    throw new UsageError(`${config.baseline}: no baseline: it has to be the output of "portolan check --format json"`)
  }
  return { ...settings, baseline }
}
