import type { Style } from '../../explain/report/trace-style.ts'
import type { Context } from '../context.ts'

export interface StyleOptions {
  readonly color?: 'auto' | 'always' | 'never'
  readonly ascii?: boolean
}

const [NARROWEST, WIDEST, WITHOUT_TERMINAL] = [60, 120, 100]

/** What the terminal behind stdout can, and what its user wants. */
export function styleOf({ color = 'auto', ascii = false }: StyleOptions, { stdout, environment }: Context): Style {
  const isTerminal = 'isTTY' in stdout && stdout.isTTY === true
  const columns = Number(environment['COLUMNS']) || ('columns' in stdout ? Number(stdout.columns) : 0)
  const forced = environment['FORCE_COLOR']
  const wanted = isTerminal && (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb'
  const isForced = color === 'always' || (color === 'auto' && forced !== undefined && forced !== '0' && forced !== '')
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || ''
  return {
    color: isForced || (color === 'auto' && wanted),
    // Without a locale the bytes go to a file or a pipe, where UTF-8 is safe.
    ascii: ascii || (isTerminal && locale !== '' && !/utf-?8/i.test(locale)),
    width: columns > 0 ? Math.min(WIDEST, Math.max(NARROWEST, columns)) : WITHOUT_TERMINAL,
  }
}
