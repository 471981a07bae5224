import { useEffect, useRef, useState } from 'preact/hooks';
import { KeyList, type KeySelection } from './key-list.ts';

/** The list of keys of a selection. It is read again when `turn` changes. */
export function useKeyList(file: string, selection: KeySelection, turn: number): KeyList | undefined {
  const key = JSON.stringify([file, selection]);
  const [list, setList] = useState<KeyList>();
  const [, redraw] = useState(0);
  useEffect(() => {
    const next = new KeyList(file, selection, () => redraw((old) => old + 1));
    setList(next);
    return () => next.close();
  }, [key]);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isFirst.current) isFirst.current = false;
    else list?.renew();
  }, [turn]);
  return list;
}
