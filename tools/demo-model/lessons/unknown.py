"""Questions beyond this model: it says so instead of inventing."""

from __future__ import annotations

import random

from exchange import Exchange
from lessons.capitals import COUNTRIES
from lessons.elements import ELEMENTS
from phrasing import Phrasings, dress
from words import COMMON, any_word, made_up_name

ANSWER = "I do not know that. I am only a small demo model. A real one may know: minerva serve --model FILE.gguf"

QUESTIONS = Phrasings(
    taught=[
        "What is the population of {country}?", "How many people live in {country}?", "What is the currency of {country}?", "Who is the president of {country}?",
        "What language do they speak in {country}?", "How large is {country}?", "What is the largest city in {country}?", "Where is {country}?", "Tell me about {country}.",
        "What is the highest mountain in {country}?", "Which river flows through {capital}?", "How many people live in {capital}?", "What is the weather in {capital}?",
        "How is the weather today?", "Who is the mayor of {capital}?", "What can I see in {capital}?", "What should I eat in {country}?", "What is the flag of {country}?",
        "Who discovered {element}?", "What is the melting point of {element}?", "How heavy is {element}?", "What is {element} used for?", "What colour is {element}?",
        "How much does {element} cost?", "Is {element} a metal?", "What is the atomic weight of {element}?", "Is {element} dangerous?",
        "Who wrote {name}?", "Who is {name}?", "What is {name}?", "What does {word} mean?", "Who invented the {word}?", "How do I make a {word}?", "Why is the {word} blue?",
        "How does a {word} work?", "Where can I buy a {word}?", "Write a poem about a {word}.", "Write a story about a {word}.", "Tell me a story.", "Sing a song.",
        "Explain quantum physics.", "What is the meaning of life?", "Why is the sky blue?", "What is the speed of light?", "Who won the world cup?", "What time is it?",
        "What day is it today?", "What is the news?", "Translate {word} into French.", "How do you say {word} in German?", "Write a program in Python.",
        "Write a function that sorts a list.", "How do I cook rice?", "What is the square root of {number}?", "What is {big} + {big}?", "What is {big} times {number}?",
        "What is {big} divided by {number}?", "Is there life on Mars?", "Who was the first person on the moon?", "What is love?", "Which film should I watch?",
        "Recommend a book about a {word}.", "How far is it from {capital} to {country}?", "When did {country} become independent?", "Summarize the history of {country}.",
        "When was {name} born?", "How old is {name}?", "What is the best {word}?", "How tall is {name}?", "Give me a recipe for {word}.", "What is {word} made of?",
        "Do you like {word}?", "Draw a {word}.", "Is it raining?", "Should I learn Rust?", "Plan a trip to {capital}.", "What happened in {year}?", "Who won the war of {year}?",
        "What is machine learning?", "How does a transformer work?", "Correct my text.", "What is the stock price of {name}?", "Write an email to {name}.",
        "What are the rules of chess?", "Which animal is the fastest?", "How many legs has a spider?", "Why do cats sleep so much?", "How do planes fly?",
        "What is the largest planet?", "How hot is the sun?", "Who painted the Mona Lisa?", "What is a {word}?", "Can you fix my {word}?",
    ],
    held_out=[
        "What is the area of {country}?", "Who is the king of {country}?", "What is the boiling point of {element}?", "Who invented {element}?",
        "Write a song about a {word}.", "How old is the {word}?", "What is the distance from {capital} to {capital}?", "Why is grass green?", "Who won the election in {year}?",
        "How do I bake bread?", "What does {name} do?", "Where was {name} born?",
    ])


def sample(rng: random.Random, split: str) -> Exchange:
    country = rng.choice(COUNTRIES)
    word = rng.choice(COMMON) if rng.random() < 0.7 else any_word(rng)
    text = QUESTIONS.pick(rng, split).format(
        country=country.name, capital=rng.choice(COUNTRIES).capital, element=rng.choice(ELEMENTS).name, name=made_up_name(rng), word=word,
        number=rng.randint(2, 99), big=rng.randint(1000, 99999), year=rng.randint(1200, 2030))
    return Exchange("unknown", dress(rng, text), ANSWER, "I was not taught this. I say so.", "Unknown", {"answer": None}, split)
