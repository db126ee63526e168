import { UsageError } from '../context.ts'
import type { UpOptions } from './options.ts'

const TIME = /^(\d+(?:\.\d+)?)(ms|s|m)?$/
/** Milliseconds. */
const LONGEST_WAIT = 86_400_000

export function isWaitTime(text: string): boolean {
  return TIME.test(text)
}

/** Milliseconds to wait for Pods; undefined where nobody asked. Throws a UsageError for what is no time. */
export function waitTime({ wait }: Pick<UpOptions, 'wait'>): number | undefined {
  if (wait === undefined) return undefined
  const [, number, unit = 's'] = TIME.exec(wait === true ? '60s' : wait) ?? []
  if (number === undefined) throw new UsageError(`--wait ${JSON.stringify(wait)}: a time such as 60s, 500ms or 2m`)
  const time = Number(number) * { ms: 1, s: 1000, m: 60_000 }[unit as 'ms' | 's' | 'm']
  if (time <= LONGEST_WAIT) return time
  throw new UsageError(`--wait ${JSON.stringify(wait)}: a day at most`)
}
