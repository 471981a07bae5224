// Vaults in your own database: your tables beside theirs, one connection, one transaction.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { ColumnVault, KVault } from 'kohakuvault';

const folder = mkdtempSync(join(tmpdir(), 'own-tables-'));
const db = new Database(join(folder, 'shop.db'));
db.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, total REAL NOT NULL CHECK (total > 0))');
const insert = db.prepare('INSERT INTO orders (customer, total) VALUES (?, ?)');

const carts = new KVault(db, { table: 'carts' });
const totals = new ColumnVault(db).ensure('totals', 'f64');

/** Stores an order in the KVault, the column and your table: in all three or in none. */
const order = (customer: string, total: number): void =>
  carts.transaction(() => {
    const { lastInsertRowid } = insert.run(customer, total);
    totals.append(total);
    carts.delete(customer);
    carts.set(`last:${customer}`, { order: Number(lastInsertRowid), total });
  });

carts.set('ada', { items: ['a book'] });
carts.set('bob', { items: [] });
order('ada', 12.5);
try {
  order('bob', -1);
} catch (error) {
  console.log(`refused by your own constraint: ${(error as Error).message}`);
}

const { count } = db.prepare<[], { count: number }>('SELECT count(*) AS count FROM orders').get() ?? { count: 0 };
console.log(`${count} order, ${totals.length} total, bob's cart is ${carts.has('bob') ? 'still there' : 'gone'}`);
// And the other way round: SQL can join the tables of the vaults.
const known = db.prepare('SELECT customer FROM orders WHERE CAST(customer AS BLOB) NOT IN (SELECT key FROM carts)');
console.log('customers without an open cart:', known.pluck().all());

// The database is yours: closing it closes the vaults on it.
db.close();
rmSync(folder, { recursive: true });
