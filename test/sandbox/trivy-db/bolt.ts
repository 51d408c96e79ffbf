/** A tree of BoltDB: buckets hold buckets and values. */
export type Bucket = { readonly [key: string]: Bucket | Uint8Array }

const PAGE_SIZE = 4096
const PAGE_HEADER = 16
const ELEMENT_HEADER = 16
const MAGIC = 0xed0cdaed
const VERSION = 2
/** Pages 0 and 1 are the two meta pages, 2 is the list of free ones. */
const FREELIST_PAGE = 2
const FIRST_PAGE = 3

const FLAG = { leaf: 0x02, meta: 0x04, freelist: 0x10, bucket: 0x01 } as const

/**
 * A database file in the format of go.etcd.io/bbolt, version 2: one leaf page (with overflow) for each bucket, no
 * branches. Enough for a few thousand entries.
 * @see https://github.com/etcd-io/bbolt/blob/main/internal/common/page.go
 */
export const boltFile = (root: Bucket): Uint8Array => {
  const pages = new Pages()
  const rootPage = writeBucket(pages, root)
  return pages.toFile(rootPage)
}

class Pages {
  readonly #written: { readonly id: number; readonly bytes: Buffer }[] = []
  #next = FIRST_PAGE

  /** Reserves room in whole pages. */
  allocate(size: number): { readonly id: number; readonly bytes: Buffer; readonly overflow: number } {
    const count = Math.max(1, Math.ceil(size / PAGE_SIZE))
    const page = { id: this.#next, bytes: Buffer.alloc(count * PAGE_SIZE), overflow: count - 1 }
    this.#next += count
    this.#written.push(page)
    return page
  }

  toFile(rootPage: number): Uint8Array {
    const file = Buffer.alloc(this.#next * PAGE_SIZE)
    for (const { id, bytes } of this.#written) bytes.copy(file, id * PAGE_SIZE)
    writePageHeader(file.subarray(FREELIST_PAGE * PAGE_SIZE), { id: FREELIST_PAGE, flags: FLAG.freelist, count: 0, overflow: 0 })
    for (const transaction of [0, 1]) writeMeta(file.subarray(transaction * PAGE_SIZE), { transaction, rootPage, highWater: this.#next })
    return file
  }
}

const writePageHeader = (
  page: Buffer,
  header: { readonly id: number; readonly flags: number; readonly count: number; readonly overflow: number },
): void => {
  page.writeBigUInt64LE(BigInt(header.id), 0)
  page.writeUInt16LE(header.flags, 8)
  page.writeUInt16LE(header.count, 10)
  page.writeUInt32LE(header.overflow, 12)
}

interface Element {
  readonly key: Buffer
  readonly value: Buffer
  readonly flags: number
}

/** @returns the page of the bucket */
const writeBucket = (pages: Pages, bucket: Bucket): number => {
  const elements = Object.entries(bucket)
    .map(([key, value]) => element(pages, key, value))
    .sort((a, b) => Buffer.compare(a.key, b.key))
  const content = elements.reduce((sum, { key, value }) => sum + ELEMENT_HEADER + key.length + value.length, 0)
  const page = pages.allocate(PAGE_HEADER + content)
  writePageHeader(page.bytes, { id: page.id, flags: FLAG.leaf, count: elements.length, overflow: page.overflow })
  writeElements(page.bytes, elements)
  return page.id
}

const element = (pages: Pages, key: string, value: Bucket | Uint8Array): Element =>
  value instanceof Uint8Array
    ? { key: Buffer.from(key), value: Buffer.from(value), flags: 0 }
    : { key: Buffer.from(key), value: bucketHeader(writeBucket(pages, value)), flags: FLAG.bucket }

/** Root page, and a sequence that nobody uses. */
const bucketHeader = (page: number): Buffer => {
  const header = Buffer.alloc(16)
  header.writeBigUInt64LE(BigInt(page), 0)
  return header
}

const writeElements = (page: Buffer, elements: readonly Element[]): void => {
  let position = PAGE_HEADER + ELEMENT_HEADER * elements.length
  elements.forEach(({ key, value, flags }, index) => {
    const header = PAGE_HEADER + ELEMENT_HEADER * index
    page.writeUInt32LE(flags, header)
    page.writeUInt32LE(position - header, header + 4)
    page.writeUInt32LE(key.length, header + 8)
    page.writeUInt32LE(value.length, header + 12)
    position += key.copy(page, position)
    position += value.copy(page, position)
  })
}

const writeMeta = (
  page: Buffer,
  { transaction, rootPage, highWater }: { readonly transaction: number; readonly rootPage: number; readonly highWater: number },
): void => {
  writePageHeader(page, { id: transaction, flags: FLAG.meta, count: 0, overflow: 0 })
  const meta = page.subarray(PAGE_HEADER, PAGE_HEADER + 64)
  meta.writeUInt32LE(MAGIC, 0)
  meta.writeUInt32LE(VERSION, 4)
  meta.writeUInt32LE(PAGE_SIZE, 8)
  meta.writeBigUInt64LE(BigInt(rootPage), 16)
  meta.writeBigUInt64LE(BigInt(FREELIST_PAGE), 32)
  meta.writeBigUInt64LE(BigInt(highWater), 40)
  meta.writeBigUInt64LE(BigInt(transaction), 48)
  meta.writeBigUInt64LE(fnv1a(meta.subarray(0, 56)), 56)
}

/** FNV-1a, 64 bits, which guards a meta page. */
const fnv1a = (bytes: Uint8Array): bigint =>
  bytes.reduce((hash, byte) => ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffff_ffff_ffff_ffffn, 0xcbf29ce484222325n)
