/** Transcripts: commands as typed after `$ `, then what they print, then `-> N` where they end with another code than 0. */

export interface Step {
  readonly command: string
  /** Normalised. */
  readonly output: string
  readonly code: number
}

export function parseTranscript(text: string): readonly Step[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...lines] = part.trimEnd().split('\n')
      const last = /^-> (\d+)$/.exec(lines.at(-1) ?? '')
      const output = (last === null ? lines : lines.slice(0, -1)).join('\n')
      return { command, output, code: Number(last?.[1] ?? 0) }
    })
}

export function formatStep({ command, output, code }: Step): string {
  return [`$ ${command}`, ...(output === '' ? [] : [output]), ...(code === 0 ? [] : [`-> ${code}`])].join('\n')
}

/** Without what differs from run to run: ages, times, ids, versions of objects, the width of columns. */
export function normalise(text: string): string {
  return (
    text
      .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000|Z)?/g, 'TIME')
      .replaceAll(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/g, 'TIME')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
      .replaceAll(/(?<=[\s(])\d+[smh](\d+s)?(?=[\s)]|$)/gm, 'AGE')
      // Of a template that kubectl wrote a time into.
      .replaceAll(/-[bcdfghjklmnpqrstvwxz2456789]{10}\b(-[bcdfghjklmnpqrstvwxz2456789]{5}\b)?/g, '-HASH')
      .replaceAll(/\.[0-9a-f]{16}\b/g, '.N')
      .replaceAll(/\b(LIVE|MERGED)-\d+/g, '$1')
      .replaceAll(/(resourceVersion: ")\d+/g, '$1N')
      .replaceAll('\t', '  ')
      .replaceAll(/(?<=\S) {3,}/g, '  ')
      .replaceAll(/ +$/gm, '')
      .trimEnd()
  )
}
