import { CSBTree, SkipList } from '@kohakuvault/ordered';
import type { Case, Context } from '../../suite.ts';
import { numberKeys, pick } from '../ordered/keys.ts';

interface Map {
  set(key: number, value: number): unknown;
  get(key: number): number | undefined;
}

function getsOf(map: Map, { perOperation }: Context): number {
  const keys = numberKeys();
  keys.forEach((key, index) => {
    map.set(key, index);
  });
  return perOperation((turn) => map.get(keys[pick(turn)] as number) ?? Number.NaN);
}

export const mapCases: Case[] = [
  {
    name: 'SkipList get among 1 M numbers, random',
    unit: 'ns',
    note: 'the SkipList is shared between threads, and the CSBTree belongs to one.',
    contenders: {
      SkipList: (context) => getsOf(new SkipList<number, number>(), context),
      CSBTree: (context) => getsOf(new CSBTree<number, number>(), context),
    },
  },
];
