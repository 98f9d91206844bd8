/** Returns null if it cannot be read: Node reads /proc, which takes a descriptor and may not be mounted. */
export const residentBytes = (): number | null => {
  try {
    return process.memoryUsage.rss()
  } catch {
    return null
  }
}
