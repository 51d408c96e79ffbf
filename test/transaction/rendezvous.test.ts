import { beforeEach, describe, expect, test } from '@jest/globals'
import { Rendezvous } from '../../src/transaction/rendezvous.ts'

let said: string[] = []
beforeEach(() => {
  said = []
})
const meeting = (groups: readonly (readonly string[])[], goesBack = true): Rendezvous => {
  const rendezvous = new Rendezvous(groups, goesBack)
  for (const host of groups.flat()) rendezvous.attend(host, (word) => void said.push(`${host} ${word}`))
  return rendezvous
}
const prepared = (rendezvous: Rendezvous, ...hosts: string[]): void => {
  for (const host of hosts) rendezvous.reached(host, 'switch')
}

describe('several servers as one', () => {
  test('nobody switches before all are prepared, the next when the one before is healthy, all commit together', () => {
    const rendezvous = meeting([['a'], ['b'], ['c']])
    prepared(rendezvous, 'a', 'c')
    expect(said).toEqual([])
    prepared(rendezvous, 'b')
    expect(said).toEqual(['a switch'])
    rendezvous.reached('a', 'commit')
    rendezvous.reached('b', 'commit')
    expect(said).toEqual(['a switch', 'b switch', 'c switch'])
    rendezvous.reached('c', 'commit')
    expect(said.slice(3)).toEqual(['a commit', 'b commit', 'c commit'])
    for (const host of ['a', 'b', 'c']) rendezvous.ended(host, 'committed')
    expect([said.length, rendezvous.culprit]).toEqual([6, null])
  })

  test('a group switches together', () => {
    const rendezvous = meeting([['a'], ['b', 'c']])
    prepared(rendezvous, 'a', 'b', 'c')
    rendezvous.reached('a', 'commit')
    expect(said).toEqual(['a switch', 'b switch', 'c switch'])
    rendezvous.reached('c', 'commit')
    expect(said).toHaveLength(3)
  })

  test('one that rolls itself back sends back those that wait, whether they were switched or not', () => {
    const rendezvous = meeting([['a'], ['b'], ['c']])
    prepared(rendezvous, 'a', 'b', 'c')
    rendezvous.reached('a', 'commit')
    rendezvous.ended('b', 'rolled-back')
    expect(said).toEqual(['a switch', 'b switch', 'a back', 'c back'])
    rendezvous.ended('a', 'rolled-back')
    rendezvous.ended('c', 'aborted')
    expect(rendezvous.culprit).toBe('b')
  })

  test('one that fails before its switch: nobody is switched', () => {
    const rendezvous = meeting([['a'], ['b']])
    prepared(rendezvous, 'b')
    rendezvous.ended('a', 'aborted')
    expect(said).toEqual(['b back'])
  })

  test('contact lost before the switch ends it at once: that server aborts by itself, found again or not', () => {
    const rendezvous = meeting([['a'], ['b']])
    prepared(rendezvous, 'a', 'b')
    rendezvous.attend('b', null)
    expect([said, rendezvous.culprit]).toEqual([['a switch', 'a back'], 'b'])
  })

  test('contact lost while it switches: it is waited for, and hears the last word again when it is found', () => {
    const rendezvous = meeting([['a'], ['b']])
    prepared(rendezvous, 'a', 'b')
    rendezvous.attend('a', null)
    expect(rendezvous.culprit).toBeNull()
    rendezvous.attend('a', (word) => void said.push(`a again ${word}`))
    rendezvous.reached('a', 'commit')
    expect(said).toEqual(['a switch', 'a again switch', 'b switch'])
  })

  test('contact lost for good after the switch sends the others back', () => {
    const rendezvous = meeting([['a'], ['b']])
    prepared(rendezvous, 'a', 'b')
    rendezvous.reached('a', 'commit')
    rendezvous.attend('a', null)
    rendezvous.gone('a')
    expect(said).toEqual(['a switch', 'b switch', 'b back'])
    expect(rendezvous.standing('a')).toBe('gone')
  })

  test('no word to commit while contact with one of those that wait for it is lost', () => {
    const rendezvous = meeting([['a'], ['b']])
    prepared(rendezvous, 'a', 'b')
    rendezvous.reached('a', 'commit')
    rendezvous.attend('a', null)
    rendezvous.reached('b', 'commit')
    expect(said).toEqual(['a switch', 'b switch'])
    rendezvous.attend('a', (word) => void said.push(`a again ${word}`))
    expect(said.slice(2)).toEqual(['a again switch', 'a again commit', 'b commit'])
  })

  test('a rollback stays where it was switched, and goes no further after a failure', () => {
    const rendezvous = meeting([['a'], ['b'], ['c']], false)
    prepared(rendezvous, 'a', 'b', 'c')
    rendezvous.ended('a', 'committed')
    expect(said).toEqual(['a switch', 'b switch'])
    rendezvous.ended('b', 'broken')
    expect(said.slice(2)).toEqual(['c back'])
  })
})
