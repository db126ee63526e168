/** Indexes of an Indexed Job as text: `0,2-4`. */

/** How many indexes the text names, or what is wrong with it: each is below `completions` and more than the one before. */
export function countIndexes(text: string, completions: number): number | string {
  let [total, last] = [0, -1]
  for (const part of text === '' ? [] : text.split(',')) {
    const limits = part.split('-')
    if (limits.length > 2) {
      return `the fragment ${JSON.stringify(part)} violates the requirement that an index interval can have at most two parts separated by '-'`
    }
    const wrong = limits.find((limit) => !/^\d+$/.test(limit))
    if (wrong !== undefined) return `cannot convert string to integer for index: ${JSON.stringify(wrong)}`
    const large = limits.find((limit) => Number(limit) >= completions)
    if (large !== undefined) return `too large index: ${JSON.stringify(large)}`
    const [first = 0, end] = limits.map(Number)
    if (end !== undefined && first >= end) return outOfOrder(first, end)
    if (last >= first) return outOfOrder(last, first)
    last = end ?? first
    total += last - first + 1
  }
  return total
}

function outOfOrder(previous: number, current: number): string {
  return `non-increasing order, previous: ${previous}, current: ${current}`
}

/** `0,2-4` of 0, 2, 3, 4: three in a row and more are written as a range. */
export function formatIndexes(indexes: readonly number[]): string {
  const parts: string[] = []
  for (let i = 0; i < indexes.length; ) {
    let end = i
    while (indexes[end + 1] === (indexes[end] ?? 0) + 1) end++
    const [first, last] = [indexes[i] ?? 0, indexes[end] ?? 0]
    parts.push(end === i ? `${first}` : end === i + 1 ? `${first},${last}` : `${first}-${last}`)
    i = end + 1
  }
  return parts.join(',')
}

/** The indexes of a text that is in order. */
export function parseIndexes(text: string): readonly number[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    })
}
