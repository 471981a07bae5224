import type { VaultKind } from '@kohakuvault/contract';
import { TextVault, type TextVaultOptions } from '@kohakuvault/text';

type Items = TextVault<number>;

/** More than there are items. */
const ALL = 10_000;
const textOf = (item: number) => `each item has a number, here it is n${item}.`;
const itemOf = (text: string) => Number(/n(\d+)\./.exec(text)?.[1]);

function idOf(vault: Items, item: number): bigint {
  const [found] = vault.search(`n${item}`, 1);
  if (!found) throw new Error(`the vault has no item ${item}`);
  return found.id;
}

function kind(name: string, own: TextVaultOptions): VaultKind<Items> {
  return {
    name,
    open: (source, options) => new TextVault(source, { ...own, ...options }),
    write: (vault, item) => void vault.insert(textOf(item), item),
    remove: (vault, item) => void vault.delete(idOf(vault, item)),
    read: (vault) => Array.from(vault, ([, , value]) => value),
    writes: {
      insertMany: (vault, item) => void vault.insertMany([[textOf(item), item]]),
      'insert and update': (vault, item) =>
        vault.transaction(() => {
          const id = vault.insert('nothing yet', -1);
          vault.update(id, { texts: textOf(item), value: item });
        }),
    },
    reads: {
      texts: (vault) => Array.from(vault, ([, { content }]) => itemOf(content)),
      search: (vault) => vault.search('each item', ALL).map(({ value }) => value),
      'search with a filter': (vault) =>
        vault.search('number', { k: ALL, filter: () => true }).map(({ texts }) => itemOf(texts.content)),
      getById: (vault) => Array.from(vault.keys(), (id) => vault.getById(id)?.value as number),
      get: (vault) => Array.from(vault, ([, { content }]) => vault.get(content) as number),
      has: (vault) => Array.from(vault).flatMap(([id, , value]) => (vault.has(id) ? [value] : [])),
      'iteration, as far as size': (vault) => [...vault].slice(0, vault.size).map(([, , value]) => value),
      'iteration, as far as count': (vault) => [...vault].slice(0, vault.count('item')).map(([, , value]) => value),
    },
    refused: {
      'a text that is a number': (vault) => vault.insert(5 as never),
      'a value that is a function': (vault) => vault.insert('text', (() => 1) as never),
      'an id that is taken': (vault) => vault.insert('text', 7, { id: idOf(vault, 1) }),
      'insertMany with one wrong text': (vault) =>
        vault.insertMany([
          ['right', 7],
          [null as never, 8],
        ]),
      'insertMany of a number': (vault) => vault.insertMany(5 as never),
      'an update with a wrong text': (vault) => vault.update(1, { texts: 1 as never }),
      'an update with nothing': (vault) => vault.update(1, {}),
      'a wrong query': (vault) => vault.search(1 as never),
      'a raw query that is none': (vault) => vault.search('"', { match: 'raw' }),
      'a wrong id': (vault) => vault.delete('1' as never),
    },
    tables: ['text_vault_values'],
    module: import.meta.url,
  };
}

export const kinds = [kind('TextVault', {}), kind('TextVault with the tokenizer words', { tokenizer: 'words' })];
