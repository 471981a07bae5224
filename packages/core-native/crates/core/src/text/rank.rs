//! BM25, as FTS5 computes it.

use std::cell::Cell;

/// How little further occurrences of a word add.
const K1: f64 = 1.2;
/// How much the length of a document matters.
const B: f64 = 0.75;
/// The weight of words that are in more than half of the documents.
const LEAST_WEIGHT: f64 = 1e-6;

/// What a table says about a query.
pub struct Statistics {
    /// The documents of the table.
    pub rows: i64,
    /// The tokens of all of them.
    pub tokens: i64,
    /// For each phrase of the query, the documents that have it.
    pub hits: Vec<i64>,
}

/// What is the same for all documents of a query.
pub struct Ranking {
    average_length: f64,
    phrases: Vec<Phrase>,
}

struct Phrase {
    weight: f64,
    /// How often the document has it, by the weights of its columns.
    frequency: Cell<f64>,
}

impl Ranking {
    /// Prepares to rank the documents of a query.
    #[must_use]
    pub fn new(Statistics { rows, tokens, hits }: &Statistics) -> Self {
        let rows = *rows as f64;
        let weight = |hits: f64| ((rows - hits + 0.5) / (hits + 0.5)).ln();
        let phrases = hits.iter().map(|hits| {
            let weight = weight(*hits as f64);
            Phrase { weight: if weight <= 0.0 { LEAST_WEIGHT } else { weight }, frequency: Cell::new(0.0) }
        });
        Self { average_length: *tokens as f64 / rows, phrases: phrases.collect() }
    }

    /// Begins a document.
    pub fn begin(&self) {
        for phrase in &self.phrases {
            phrase.frequency.set(0.0);
        }
    }

    /// Notes that the document has a phrase in a column of this weight.
    pub fn add(&self, phrase: usize, weight: f64) {
        if let Some(phrase) = self.phrases.get(phrase) {
            phrase.frequency.set(phrase.frequency.get() + weight);
        }
    }

    /// Returns the score of the document, which has so many tokens. The greater, the better.
    #[must_use]
    pub fn score(&self, length: u32) -> f64 {
        let norm = K1 * (1.0 - B + B * f64::from(length) / self.average_length);
        let score = |Phrase { weight, frequency }: &Phrase| {
            let frequency = frequency.get();
            weight * (frequency * (K1 + 1.0) / (frequency + norm))
        };
        self.phrases.iter().map(score).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Ranking, Statistics};

    #[test]
    fn rare_words_short_documents_and_further_occurrences_count_more() {
        let ranking = Ranking::new(&Statistics { rows: 100, tokens: 1_000, hits: vec![2, 40, 90] });
        let score = |phrases: &[usize], length: u32| {
            ranking.begin();
            for phrase in phrases {
                ranking.add(*phrase, 1.0);
            }
            ranking.score(length)
        };
        assert!(score(&[0], 10) > score(&[1], 10));
        assert!(score(&[1], 10) > score(&[2], 10));
        assert!(score(&[2], 10) > 0.0);
        assert!(score(&[0], 5) > score(&[0], 10));
        assert!(score(&[0, 0], 10) > score(&[0], 10));
        assert!((score(&[0, 1], 10) - score(&[0], 10) - score(&[1], 10)).abs() < 1e-12);
        assert!(score(&[], 10).abs() < f64::EPSILON);
    }
}
