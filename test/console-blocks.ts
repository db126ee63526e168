/** A command of a ```console block and the output that is shown for it. */
export interface ConsoleCommand {
  readonly command: string
  /** Lines of its output, in order; lines between them may be left out. */
  readonly shown: readonly string[]
}

const BLOCK = /^```console\n([^]*?)^```$/gm

/** The commands of all ```console blocks of a Markdown text, in order: a `$ ` begins one. */
export function consoleCommands(markdown: string): readonly ConsoleCommand[] {
  return [...markdown.matchAll(BLOCK)].flatMap(([, block = '']) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command = '', ...shown] = part.trimEnd().split('\n')
        return { command, shown: shown.filter((line) => line !== '') }
      }),
  )
}

/** What differs from run to run: times, the network's name (the folder's), process ids, and ports that the kernel chose. */
function steady(line: string): string {
  return line
    .replace(/\d+(?:\.\d+)? (m?s)\b/g, 'TIME $1')
    .replace(/\bnetwork \S+?(?=:| |$)/, 'network NAME')
    .replace(/\bprocess \d+ /, 'process ID ')
    .replace(/^(source .*):\d+$/, '$1:PORT')
    .replace(/ +/g, ' ')
    .trim()
}

/** Of the shown lines those that do not follow each other in the output. */
export function missingLines(shown: readonly string[], output: string): readonly string[] {
  const lines = output.split('\n').map(steady)
  let from = 0
  return shown.filter((line) => {
    const at = lines.indexOf(steady(line), from)
    if (at >= 0) from = at + 1
    return at < 0
  })
}
